"""`save-every-step`: a checkpoint after each step of a long run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_SHORT_RUN = 100
"""The longest run in which a checkpoint at every step does no harm."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the checkpoint interval."""
    interval = query.whole("training_config.checkpoint_frequency") or query.whole(
        "training_config.model_save_interval"
    )
    strategy = query.text("training_config.save_strategy")
    steps = query.whole("training_config.max_steps")
    if interval is None or interval.value != 1 or (strategy and strategy.value == "epoch"):
        return
    if steps and steps.value <= _SHORT_RUN:
        return
    count = f"{steps.value:,} checkpoints" if steps else "a checkpoint at every step"
    choices = dict.fromkeys([100, max(1, steps.value // 10)] if steps else [100])
    yield Violation(
        f"`{interval.key}: 1` writes {count}: saving takes longer than training and fills the disk",
        interval.span,
        fixes=tuple(interval.set_to(str(every), preferred=every == 100) for every in choices),
    )


RULE = Rule(
    code="save-every-step",
    severity="warning",
    title="A checkpoint after every step",
    docs="""\
A checkpoint contains the weights and the optimizer's two moments: three times the size of the
model. Writing one after every optimizer step takes more time than the step itself and fills the
disk with states that hardly differ.

**When it is fine.** In runs of up to 100 steps, such as a test of resuming; the rule does not apply
to them. Some trainers write checkpoints only if a flag is set. The value has no effect there until
somebody sets the flag.

**How to fix it.** Save every 50 to 100 steps in runs of up to a thousand steps and every 500 to
1000 in longer ones, and validate at least as often as you save.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  max_steps: 5000
                  model_save_interval: 1
                """),
            good=block("""
                training_config:
                  max_steps: 5000
                  model_save_interval: 100
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  checkpoint_frequency: 1
                """),
            good=block("""
                training_config:
                  checkpoint_frequency: 100
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              max_steps: 20
              checkpoint_frequency: 1
            """),
        block("""
            training_config:
              checkpoint_frequency: 50
              model_save_interval: 1
            """),
        block("""
            training_config:
              checkpoint_frequency: 1
              save_strategy: epoch
            """),
        block("""
            training_config:
              checkpoint_frequency: 0
            """),
    ),
    check=check,
)
