"""`validate-too-often`: validation every few steps."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_OFTEN = 10


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the validation interval."""
    interval = query.validation_interval()
    if interval is None or not 1 <= interval.value < _OFTEN:
        return
    yield Violation(
        f"validating every {interval.value} steps may take longer than training",
        interval.span,
        fixes=(interval.set_to("50"),),
    )


RULE = Rule(
    code="validate-too-often",
    severity="hint",
    title="Validation every few steps",
    docs="""\
Each validation measures the loss on the validation data and writes samples, and the few steps
between two validations hardly change the loss.

**When it is fine.** In short runs and with little validation data, so this rule is off by default.

**How to fix it.** Validate every 50 to 100 steps.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  validation_frequency: 2
                """),
            good=block("""
                training_config:
                  validation_frequency: 50
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              validation_frequency: 10
            """),
        block("""
            training_config:
              model_source: a/b
              eval_every: 2
            """),
    ),
    check=check,
    on=False,
)
