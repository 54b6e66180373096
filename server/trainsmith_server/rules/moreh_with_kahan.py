"""`moreh-with-kahan`: two kernels at once."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.analysis.facts import Facts, Hit
from trainsmith_server.rules import Example, Rule


def check(facts: Facts) -> Iterator[Hit]:
    """Look at the two flags together."""
    kahan = facts.flag("training_config.use_kahan_summation")
    moreh = facts.flag("training_config.use_moreh_adamw")
    if kahan is None or moreh is None or not (kahan.value and moreh.value):
        return
    yield Hit(
        "the kernel that `use_moreh_adamw` asks for has no Kahan summation",
        kahan.span,
        fixes=(kahan.set_to("false"), moreh.set_to("false")),
        related=(moreh.related("the fused kernel does not carry rounding errors"),),
    )


RULE = Rule(
    code="moreh-with-kahan",
    severity="warning",
    title="Kahan summation with the fused kernel",
    docs="""\
Kahan summation carries the rounding error of each bfloat16 update into the next one. The flag asks
for it in the composite AdamW; on a board, `use_moreh_adamw` runs the fused kernel, which does not
look at it. Without a board there is no such kernel, and Trainsmith does the summation.

**When it is fine.** Never: wherever it runs, one of the two does nothing.

**How to mend it.** Keep the one that you need: the fused kernel, or the summation.
""",
    examples=(
        Example(
            bad="training_config:\n  use_moreh_adamw: true\n  use_kahan_summation: true\n",
            good="training_config:\n  use_moreh_adamw: true\n  use_kahan_summation: false\n",
        ),
    ),
    fine=(
        "training_config:\n  use_moreh_adamw: true\n  use_kahan_summation: false\n",
        "training_config:\n  use_kahan_summation: true\n",
    ),
    check=check,
)
