"""`save-never-fires`: a checkpoint interval longer than the run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the interval with the length of the run."""
    interval = query.checkpoint_interval()
    steps = query.whole("training_config.max_steps")
    if interval is None or steps is None or interval.value <= steps.value:
        return
    yield Violation(
        f"`{interval.key}` {interval.value} is more than the {steps.value} steps of the run: "
        "there is no checkpoint before its end",
        interval.span,
        fixes=(interval.set_to(str(max(1, steps.value // 5))),),
        related=(steps.related("the length of the run"),),
    )


RULE = Rule(
    code="save-never-fires",
    severity="information",
    title="No checkpoint before the end",
    docs="""\
A run that is stopped before its first checkpoint has to start again from nothing.

**When it is fine.** In short runs, and where a huge number is a way to say "don't save".

**How to mend it.** A fifth of the run is a good interval when in doubt.
""",
    examples=(
        Example(
            bad="training_config:\n  max_steps: 500\n  checkpoint_frequency: 1000\n",
            good="training_config:\n  max_steps: 500\n  checkpoint_frequency: 100\n",
        ),
        Example(
            bad="training_config:\n  max_steps: 3\n  model_save_interval: 10\n",
            good="training_config:\n  max_steps: 3\n  model_save_interval: 1\n",
        ),
    ),
    fine=(
        "training_config:\n  max_steps: 500\n  checkpoint_frequency: 500\n",
        "training_config:\n  checkpoint_frequency: 1000\n",
        "training_config:\n  max_steps: 5\n  checkpoint_frequency: 10\n  save_strategy: epoch\n",
    ),
    check=check,
)
