"""`seed-missing`: a recipe that leaves the seed to the trainer."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a recipe that could be run but has no seed."""
    if query.profile.name != "trainsmith" or not query.complete:
        return
    steps = query.key("training_config.max_steps") or query.key("training_config.num_epochs")
    if query.mentions("training_config.seed") or steps is None:
        return
    yield Violation(
        "the recipe has no `seed`: Trainsmith uses 42, and other trainers use other seeds",
        steps.span,
        fixes=(query.editor.add_after(steps, "seed: 42", title="Add `seed: 42`"),),
    )


RULE = Rule(
    code="seed-missing",
    severity="hint",
    title="The recipe has no seed",
    docs="""\
The initial weights, the order of the data and dropout all depend on the seed. If a recipe sets it,
others can run it again with the same result. Without a seed, Trainsmith uses 42, and other trainers
use their own (tt-train: 42 or 5489, depending on the program).

**When it is fine.** In snippets, and in recipes for other trainers; the rule does not apply to
them.

**How to fix it.** Add `seed: 42`. Any number will do.
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
                  seed: 42
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0001
              batch_size: 8
              max_steps: 500
              seed: 7
            """),
        block("""
            training_config:
              learning_rate: 0.0001
            """),
    ),
    check=check,
)
