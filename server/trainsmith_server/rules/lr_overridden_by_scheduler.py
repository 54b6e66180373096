"""`lr-overridden-by-scheduler`: a learning rate that the scheduler replaces."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the scheduler's rate with the one in `training_config`."""
    if query.profile.name == "tt-train":
        return  # Its `train.py` does not read the section; only its fine-tuning examples do.
    scheduled = query.number("scheduler_config.max_lr")
    rate = query.number("training_config.optimizer.lr") or query.number(
        "training_config.learning_rate"
    )
    if scheduled is None or rate is None or rate.value == scheduled.value:
        return
    ignored, used = number_text(rate.value), number_text(scheduled.value)
    yield Violation(
        f"`scheduler_config.max_lr` {used} sets the rate: `{rate.key}` {ignored} has no effect",
        rate.span,
        fixes=(scheduled.set_to(ignored), rate.set_to(used)),
        related=(scheduled.related("the rate that is used"),),
    )


RULE = Rule(
    code="lr-overridden-by-scheduler",
    severity="warning",
    title="The scheduler sets another learning rate",
    docs="""\
If `scheduler_config` has a `max_lr`, the learning rate rises to it and falls from there. The
learning rate in `training_config` is then ignored: changing it has no effect, and the file
contradicts itself.

**When it is fine.** Never with two different values. If they are equal, the rule does not apply.

**How to fix it.** Write the rate that you mean into `max_lr`, or remove one of the two.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0003
                scheduler_config:
                  max_lr: 0.0001
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0003
                scheduler_config:
                  max_lr: 0.0003
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {lr: 0.0003}
                scheduler_config:
                  max_lr: 0.001
                """),
            good=block("""
                training_config:
                  optimizer: {lr: 0.0003}
                scheduler_config:
                  max_lr: 0.0003
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0001
            scheduler_config:
              max_lr: 1.0e-4
            """),
        block("""
            training_config:
              learning_rate: 0.0003
            scheduler_config:
              warmup_steps: 10
            """),
        block("""
            training_config:
              seed: 1
            scheduler_config:
              max_lr: 0.001
            """),
    ),
    check=check,
)
