"""`validate-too-rare`: a handful of validations in a run."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_ENOUGH = 5


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the validation interval with the length of the run."""
    interval, steps = query.validation_interval(), query.whole("training_config.max_steps")
    if interval is None or steps is None:
        return
    if not steps.value // _ENOUGH < interval.value < steps.value:
        return
    yield Violation(
        f"`{interval.key}` {interval.value} in a run of {steps.value} steps means fewer than "
        f"{_ENOUGH} validations",
        interval.span,
        fixes=(interval.set_to(str(max(1, min(50, steps.value // _ENOUGH)))),),
        related=(steps.related("the length of the run"),),
    )


RULE = Rule(
    code="validate-too-rare",
    severity="hint",
    title="Few validations in a run",
    docs="""\
With two or three points on the curve you cannot see when the validation loss began to rise.

**When it is fine.** If a validation takes long, so this rule is off by default.

**How to fix it.** Validate every 50 to 100 steps, and at least five times in a run.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  max_steps: 500
                  validation_frequency: 200
                """),
            good=block("""
                training_config:
                  max_steps: 500
                  validation_frequency: 50
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
              max_steps: 500
              validation_frequency: 500
            """),
        block("""
            training_config:
              validation_frequency: 200
            """),
    ),
    check=check,
    on=False,
)
