"""`validation-missing`: a recipe that does not say when to validate."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.trainers.profiles import TWINS
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a recipe that could be run but does not say when to validate."""
    if query.profile.name != "trainsmith" or not query.complete:
        return
    if any(query.mentions(f"training_config.{key}") for pair in TWINS.items() for key in pair):
        return  # The recipe says when to validate or to save.
    steps = query.whole("training_config.max_steps") or query.whole("training_config.num_epochs")
    if steps is None:
        return
    add = query.editor.add_after(
        steps, "validation_frequency: 50", title="Add `validation_frequency: 50`"
    )
    yield Violation(
        "the recipe does not say how often to validate: Trainsmith does so every 100 steps",
        steps.span,
        fixes=(add,),
    )


RULE = Rule(
    code="validation-missing",
    severity="hint",
    title="The recipe does not say when to validate",
    docs="""\
A checkpoint is worth keeping if you know how good it is, and the validation loss shows whether the
model learns or only memorises. If the recipe does not say when to validate, Trainsmith validates
every 100 steps, which a short run may never reach.

**When it is fine.** If you want to validate every 100 steps. The rule does not apply to snippets,
to recipes for other trainers, or to recipes that say when to save.

**How to fix it.** Add `validation_frequency: 50`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  max_steps: 500
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  max_steps: 500
                  validation_frequency: 50
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
              eval_every: 50
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
            """),
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
              project_name: nano
              tokenizer_path: a.json
            """),
    ),
    check=check,
)
