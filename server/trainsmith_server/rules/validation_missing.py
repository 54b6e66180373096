"""`validation-missing`: a recipe that does not say when to validate."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.trainers.profiles import TWINS
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for an interval in a recipe that could be run."""
    if query.profile.name != "trainsmith" or not query.complete:
        return
    if any(query.mentions(f"training_config.{key}") for pair in TWINS.items() for key in pair):
        return  # Somebody has thought about it.
    steps = query.whole("training_config.max_steps") or query.whole("training_config.num_epochs")
    if steps is None:
        return
    add = query.editor.add_after(
        steps, "validation_frequency: 50", title="Add `validation_frequency: 50`"
    )
    yield Violation(
        "the recipe does not say how often to validate: every 100 steps is what it gets",
        steps.span,
        fixes=(add,),
    )


RULE = Rule(
    code="validation-missing",
    severity="hint",
    title="The recipe does not say when to validate",
    docs="""\
A checkpoint is worth as much as what is known of it, and the validation loss is what tells learning
from learning by heart. Without a word in the recipe, Trainsmith validates every 100 steps, which a
short run may never reach.

**When it is fine.** Where every 100 steps is what you want. The rule is silent in snippets, in
recipes for other trainers, and where the recipe says when to save.

**How to mend it.** Add `validation_frequency: 50`.
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
