"""`validate-less-than-save`: checkpoints without a validation loss."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning.derived import MANY_CHECKPOINTS
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the validation interval with the checkpoint interval."""
    validation, save = query.validation_interval(), query.checkpoint_interval()
    if validation is None or save is None or validation.value <= save.value:
        return
    if save.value == 1 or _is_reported_elsewhere(query, validation.value, save.value):
        return
    yield Violation(
        f"validating every {validation.value} steps and saving every {save.value} leaves "
        "some checkpoints without a validation loss",
        validation.span,
        fixes=(
            validation.set_to(str(max(1, save.value // 2))),
            validation.set_to(str(save.value)),
        ),
        related=(save.related("checkpoints are written more often"),),
    )


def _is_reported_elsewhere(query: DocumentQuery, validation: int, save: int) -> bool:
    """Whether another rule reports more: nothing is validated, or far too much is saved."""
    steps = query.whole("training_config.max_steps")
    return bool(steps and (validation >= steps.value or steps.value // save > MANY_CHECKPOINTS))


RULE = Rule(
    code="validate-less-than-save",
    severity="warning",
    title="Checkpoints without a validation loss",
    docs="""\
A checkpoint is worth keeping if you know how good it is. If you validate less often than you save,
some checkpoints have no validation loss.

**When it is fine.** If checkpoints only guard against interruptions, and you need only the last
one.

**How to fix it.** Validate at least as often as you save; twice as often is usual.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  validation_frequency: 200
                  checkpoint_frequency: 100
                """),
            good=block("""
                training_config:
                  validation_frequency: 50
                  checkpoint_frequency: 100
                """),
        ),
    ),
    fine=(
        "training_config: {max_steps: 500, validation_frequency: 500, checkpoint_frequency: 100}\n",
        "training_config: {max_steps: 500, validation_frequency: 50, checkpoint_frequency: 5}\n",
        block("""
            training_config:
              validation_frequency: 100
              checkpoint_frequency: 100
            """),
        block("""
            training_config:
              validation_frequency: 200
              checkpoint_frequency: 100
              save_strategy: epoch
            """),
        block("""
            training_config:
              validation_frequency: 200
            """),
    ),
    check=check,
)
