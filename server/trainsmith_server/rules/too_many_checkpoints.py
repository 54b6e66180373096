"""`too-many-checkpoints`: hundreds of checkpoints."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.meaning.derived import MANY_CHECKPOINTS
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_LONG_RUN = 1000


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check how many checkpoints the run writes."""
    interval = query.checkpoint_interval()
    steps = query.whole("training_config.max_steps")
    if interval is None or steps is None or interval.value <= 1:
        return  # `save-every-step` reports it.
    count = steps.value // interval.value
    if count <= MANY_CHECKPOINTS:
        return
    choice = 100 if steps.value <= _LONG_RUN else 500
    choice = max(choice, -(-steps.value // MANY_CHECKPOINTS))
    yield Violation(
        f"saving every {interval.value} steps writes about {count:,} checkpoints in a run of "
        f"{steps.value:,} steps; each takes as long as several steps",
        interval.span,
        fixes=(interval.set_to(str(choice)),),
        related=(steps.related("the length of the run"),),
    )


RULE = Rule(
    code="too-many-checkpoints",
    severity="information",
    title="Very many checkpoints",
    docs="""\
A checkpoint contains the weights and the optimizer's two moments: three times the size of the
model. Writing one takes as long as several steps, and trainers that keep all of them fill the disk.

**When it is fine.** With a small model and enough disk space, to watch how the model changes from
step to step. `keep_last_n` limits the disk space that checkpoints use, not the time that writing
them takes.

**How to fix it.** Save every 50 to 100 steps in runs of up to a thousand steps, and every 500 to
1000 in longer ones.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  max_steps: 5000
                  checkpoint_frequency: 20
                """),
            good=block("""
                training_config:
                  max_steps: 5000
                  checkpoint_frequency: 500
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  max_steps: 1000
                  model_save_interval: 10
                """),
            good=block("""
                training_config:
                  max_steps: 1000
                  model_save_interval: 100
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              max_steps: 5000
              checkpoint_frequency: 100
            """),
        block("""
            training_config:
              max_steps: 5000
              checkpoint_frequency: 1
            """),
        block("""
            training_config:
              max_steps: 5000
              checkpoint_frequency: 10
              save_strategy: epoch
            """),
    ),
    check=check,
)
