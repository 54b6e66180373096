"""`seed-missing`: a recipe that leaves the seed to the trainer."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for a seed in a recipe that could be run."""
    if query.profile.name != "trainsmith" or not query.complete:
        return
    steps = query.key("training_config.max_steps") or query.key("training_config.num_epochs")
    if query.mentions("training_config.seed") or steps is None:
        return
    yield Violation(
        "the recipe has no `seed`: 42 is what it gets here, and another one elsewhere",
        steps.span,
        fixes=(query.editor.add_after(steps, "seed: 42", title="Add `seed: 42`"),),
    )


RULE = Rule(
    code="seed-missing",
    severity="hint",
    title="The recipe has no seed",
    docs="""\
Weights, order of the data and dropout all start from the seed. A recipe that names it can be run
again by others, with the same result. Without one, Trainsmith takes 42, and other trainers take
numbers of their own (tt-train: 42 or 5489, by program).

**When it is fine.** In snippets, and in recipes for other trainers; the rule is silent there.

**How to mend it.** Add `seed: 42`. Any number does.
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
