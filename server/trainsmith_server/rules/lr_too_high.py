"""`lr-too-high`: a learning rate at which fine-tuning falls apart."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.facts import Facts, Found, Hit
from trainsmith_server.rules import Example, Rule
from trainsmith_server.yaml.numbers import number_text

FINE_TUNING_LIMIT = 1e-3
FROM_SCRATCH_LIMIT = 3e-3
_USUAL = 1e-4
_ADAM = ("AdamW", "MorehAdamW", "AdamWComposite", "AdamWFullPrecision")


def check(facts: Facts) -> Iterator[Hit]:
    """Look at the learning rate that counts, if an Adam uses it."""
    optimizer = facts.text("training_config.optimizer.type")
    if optimizer and optimizer.value not in _ADAM:
        return
    rate = facts.learning_rate()
    if rate is None or rate.value < _limit(facts, rate):
        return
    times = rate.value / _USUAL
    yield Hit(
        f"`{rate.key}` {number_text(rate.value)} is {times:,.4g} times the usual 0.0001 for "
        "fine-tuning: the loss may jump about or become NaN",
        rate.span,
        fixes=(
            rate.set_to(
                "0.0001", title=f"Set `{rate.key}` to 0.0001, the usual start", preferred=True
            ),
            rate.set_to("5.0e-5", title=f"Set `{rate.key}` to 5.0e-5, the careful choice"),
            rate.set_to(
                "0.0003", title=f"Set `{rate.key}` to 0.0003, for a model from random weights"
            ),
        ),
    )


def _limit(facts: Facts, rate: Found[float]) -> float:
    """Where too high begins.

    The flat key of our own recipes is the lesson's, and its rates are those of fine-tuning.
    tt-train's recipes, and a rate in the optimizer block or the scheduler, mostly start from
    random weights, which take more.
    """
    lesson = facts.profile.name == "trainsmith" and rate.key == "learning_rate"
    return FINE_TUNING_LIMIT if lesson else FROM_SCRATCH_LIMIT


RULE = Rule(
    code="lr-too-high",
    severity="warning",
    title="The learning rate is too high",
    docs="""\
The learning rate says how far each step moves the weights. Adam moves every weight by about this
much at each step, so a rate that is ten times too high undoes in a few hundred steps what a
pretrained model has learned: the loss jumps about, or becomes NaN and never comes back.

**When it is fine.** Small models that are trained from scratch learn well at 1e-3. Say so by
setting the rate in `optimizer.lr` or in `scheduler_config.max_lr`: there the rule waits for 3e-3.
It does so in tt-train's recipes too, and it is silent about optimizers that are no Adam.

**How to mend it.** Start fine-tuning at `0.0001`. If the loss is jumpy, take `5.0e-5`; if it
barely moves over the first 100 steps, `0.0002`. A small model that starts from random weights takes
`0.0003`.
""",
    examples=(
        Example(
            bad="training_config:\n  learning_rate: 0.001\n",
            good="training_config:\n  learning_rate: 0.0001\n",
        ),
        Example(
            bad="training_config:\n  optimizer: {type: AdamW, lr: 1e-2}\n",
            good="training_config:\n  optimizer: {type: AdamW, lr: 0.0001}\n",
        ),
    ),
    fine=(
        "training_config:\n  learning_rate: 0.001\n  project_name: nano\n",
        "training_config:\n  optimizer: {lr: 0.001}\n",
        "training_config:\n  optimizer:\n    type: SGD\n    lr: 0.1\n",
        "training_config:\n  learning_rate: 0.01\nscheduler_config:\n  max_lr: 0.0003\n",
        "training_config:\n  learning_rate: fast\n",
    ),
    check=check,
)
