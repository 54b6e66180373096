"""`validation-never`: a validation interval as long as the run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the interval with the length of the run."""
    interval = query.validation_interval()
    steps = query.whole("training_config.max_steps")
    if interval is None or steps is None or interval.value < steps.value:
        return
    choice = min(50, max(1, steps.value // 5))
    yield Violation(
        f"`{interval.key}` {interval.value} in a run of {steps.value} steps: nothing is validated "
        "before the end",
        interval.span,
        fixes=(interval.set_to(str(choice), preferred=True),),
        related=(steps.related("the length of the run"),),
    )


RULE = Rule(
    code="validation-never",
    severity="warning",
    title="Nothing is validated before the end",
    docs="""\
The training loss falls even if a model only memorises its data. The validation loss shows the
difference, but only if it is measured while you can still act on it.

**When it is fine.** In a run of a few steps that only tests whether everything fits in memory.

**How to fix it.** Validate every 50 to 100 steps.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  max_steps: 5000
                  validation_frequency: 99999
                """),
            good=block("""
                training_config:
                  max_steps: 5000
                  validation_frequency: 50
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  max_steps: 20
                  eval_every: 20
                """),
            good=block("""
                training_config:
                  max_steps: 20
                  eval_every: 4
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              max_steps: 500
              validation_frequency: 100
            """),
        block("""
            training_config:
              validation_frequency: 99999
            """),
        block("""
            training_config:
              project_name: nano
              model_source: a/b
              max_steps: 100
              optimizer: {lr: 0.0003}
              eval_every: 200
            """),
    ),
    check=check,
)
