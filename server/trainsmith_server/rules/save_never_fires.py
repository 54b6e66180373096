"""`save-never-fires`: a checkpoint interval longer than the run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the interval with the length of the run."""
    interval = query.checkpoint_interval()
    steps = query.whole("training_config.max_steps")
    if interval is None or steps is None or interval.value <= steps.value:
        return
    yield Violation(
        f"`{interval.key}` {interval.value} is more than the {steps.value} steps of the run: "
        "no checkpoint is written before the end",
        interval.span,
        fixes=(interval.set_to(str(max(1, steps.value // 5))),),
        related=(steps.related("the length of the run"),),
    )


RULE = Rule(
    code="save-never-fires",
    severity="information",
    title="No checkpoint before the end",
    docs="""\
A run that is stopped before its first checkpoint has to start from the beginning.

**When it is fine.** In short runs, and if you chose a huge number to turn checkpoints off.

**How to fix it.** If in doubt, save five times in a run.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  max_steps: 500
                  checkpoint_frequency: 1000
                """),
            good=block("""
                training_config:
                  max_steps: 500
                  checkpoint_frequency: 100
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  max_steps: 3
                  model_save_interval: 10
                """),
            good=block("""
                training_config:
                  max_steps: 3
                  model_save_interval: 1
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              max_steps: 500
              checkpoint_frequency: 500
            """),
        block("""
            training_config:
              checkpoint_frequency: 1000
            """),
        block("""
            training_config:
              max_steps: 5
              checkpoint_frequency: 10
              save_strategy: epoch
            """),
    ),
    check=check,
)
