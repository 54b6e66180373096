"""`frozen-norms`: bfloat16 updates that are rounded away."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find the fused AdamW without stochastic rounding."""
    optimizer = query.key("training_config.optimizer")
    if query.profile.name != "tt-train" or optimizer is None:
        return
    kind = query.text("training_config.optimizer.type")
    if kind is None or kind.value != "AdamW":
        return
    rounding = query.flag("training_config.optimizer.stochastic_rounding")
    if rounding is not None and rounding.value:
        return
    line = "stochastic_rounding: true"
    fix = (
        rounding.set_to("true")
        if rounding
        else query.editor.add_after(kind, line, title=f"Add `{line}`")
    )
    yield Violation(
        "in bfloat16, small updates of weights near 1, such as those of RMSNorm, are rounded away",
        kind.span,
        fixes=(fix,),
    )


RULE = Rule(
    code="frozen-norms",
    severity="hint",
    title="Updates of normalisation weights are rounded away",
    docs="""\
tt-train's fused `AdamW` keeps weights in bfloat16, which has about three decimal digits. The
weights of normalisation layers are near 1, where an update of 0.0001 is rounded away: these layers
never learn.

**When it is fine.** If the learning rate is high enough or the effect small enough, as in many of
tt-train's own recipes. This rule is therefore off by default.

**How to fix it.** Set `stochastic_rounding: true`, or use `AdamWFullPrecision`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  model_source: a/b
                  optimizer:
                    type: AdamW
                    lr: 0.0003
                """),
            good=block("""
                training_config:
                  model_source: a/b
                  optimizer:
                    type: AdamW
                    stochastic_rounding: true
                    lr: 0.0003
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  model_source: a/b
                  optimizer: {type: AdamW, stochastic_rounding: false}
                """),
            good=block("""
                training_config:
                  model_source: a/b
                  optimizer: {type: AdamW, stochastic_rounding: true}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              optimizer: {type: AdamW, lr: 0.0003}
            """),
        block("""
            training_config:
              model_source: a/b
              optimizer: {type: AdamWFullPrecision}
            """),
    ),
    check=check,
    on=False,
)
