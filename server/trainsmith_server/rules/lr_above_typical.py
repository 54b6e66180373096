"""`lr-above-typical`: a learning rate above the range of fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.facts import Facts, Hit
from trainsmith_server.rules import Example, Rule
from trainsmith_server.yaml.numbers import number_text

_TYPICAL = 2e-4
_TOO_HIGH = 1e-3
"""Where `lr-too-high` begins."""


def check(facts: Facts) -> Iterator[Hit]:
    """Look at the flat rate of a recipe of ours."""
    rate = facts.learning_rate()
    if facts.profile.name != "trainsmith" or rate is None or rate.key != "learning_rate":
        return
    if not _TYPICAL < rate.value < _TOO_HIGH:
        return
    yield Hit(
        f"`learning_rate` {number_text(rate.value)} is above the range of fine-tuning, "
        "0.00001 to 0.0002",
        rate.span,
        fixes=(rate.set_to("0.0002"), rate.set_to("0.0001")),
    )


RULE = Rule(
    code="lr-above-typical",
    severity="hint",
    title="The learning rate is above the usual range",
    docs="""\
Fine-tuning usually works between 1e-5 and 1e-4; 2e-4 is worth a try where the loss barely moves.
Above that a pretrained model forgets more than it learns.

**When it is fine.** Training from scratch takes 3e-4 and more, so this rule is off until you turn
it on.

**How to mend it.** Start at `0.0001`.
""",
    examples=(
        Example(
            bad="training_config:\n  learning_rate: 0.0005\n",
            good="training_config:\n  learning_rate: 0.0002\n",
        ),
    ),
    fine=(
        "training_config:\n  learning_rate: 0.0002\n",
        "training_config:\n  optimizer: {lr: 0.0005}\n",
        "training_config:\n  learning_rate: 0.001\n",
    ),
    check=check,
    on=False,
)
