"""`moreh-with-kahan`: Kahan summation with a kernel that does not support it."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.sections.documents import OPTIMIZER
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the two flags, and the type and the flag in the optimizer's block."""
    yield from _flags(query)
    yield from _block(query, "" if query.kind is OPTIMIZER else "training_config.optimizer.")


def _flags(query: DocumentQuery) -> Iterator[Violation]:
    kahan = query.flag("training_config.use_kahan_summation")
    moreh = query.flag("training_config.use_moreh_adamw")
    if kahan is None or moreh is None or not (kahan.value and moreh.value):
        return
    yield Violation(
        "the kernel that `use_moreh_adamw` selects does not support Kahan summation",
        kahan.span,
        fixes=(kahan.set_to("false"), moreh.set_to("false")),
        related=(moreh.related("this kernel does not carry rounding errors"),),
    )


def _block(query: DocumentQuery, block: str) -> Iterator[Violation]:
    """Check the block, at which current versions of tt-train stop."""
    kahan, kind = query.flag(f"{block}kahan_summation"), query.text(f"{block}type")
    if kahan is None or kind is None or not (kahan.value and kind.value == "MorehAdamW"):
        return
    stops = query.profile.name == "tt-train"
    yield Violation(
        "`MorehAdamW` does not support Kahan summation" + (": tt-train stops" if stops else ""),
        kahan.span,
        fixes=(kind.set_to("AdamWComposite"), kahan.set_to("false")),
        related=(kind.related("this kernel does not carry rounding errors"),),
        severity="error" if stops else None,
    )


RULE = Rule(
    code="moreh-with-kahan",
    severity="warning",
    title="Kahan summation with a kernel that does not support it",
    docs="""\
Kahan summation carries the rounding error of each bfloat16 update into the next one. On a board,
`AdamWComposite` supports it; the kernel of `MorehAdamW`, which `use_moreh_adamw` selects, does not.
tt-train stops if the `optimizer` block has both. If both flags are set, its older programs ignore
one or stop, depending on the program. Without a board there is no such kernel, and Trainsmith does
the summation.

**When it is fine.** Never: one of the two has no effect, or the run does not begin.

**How to fix it.** Keep the one that you need, the kernel or the summation.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  use_moreh_adamw: true
                  use_kahan_summation: true
                """),
            good=block("""
                training_config:
                  use_moreh_adamw: true
                  use_kahan_summation: false
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer:
                    type: MorehAdamW
                    lr: 0.0003
                    kahan_summation: true
                """),
            good=block("""
                training_config:
                  optimizer:
                    type: AdamWComposite
                    lr: 0.0003
                    kahan_summation: true
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              use_moreh_adamw: true
              use_kahan_summation: false
            """),
        block("""
            training_config:
              use_kahan_summation: true
            """),
        block("""
            training_config:
              optimizer: {type: MorehAdamW, kahan_summation: false}
            """),
    ),
    check=check,
    documents=("training", "optimizer"),
)
