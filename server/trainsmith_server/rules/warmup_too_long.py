"""`warmup-too-long`: a warm-up that never ends."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the warm-up with the length of the run."""
    warmup = query.whole("scheduler_config.warmup_steps")
    steps = query.whole("training_config.max_steps")
    if warmup is None or steps is None or warmup.value < steps.value or warmup.value == 0:
        return
    yield Violation(
        f"a warm-up of {warmup.value} steps does not end in a run of {steps.value}: the learning "
        "rate never reaches its maximum",
        warmup.span,
        fixes=(warmup.set_to(str(steps.value // 10), preferred=True),),
        related=(steps.related("the length of the run"),),
    )


RULE = Rule(
    code="warmup-too-long",
    severity="warning",
    title="The warm-up is as long as the run",
    docs="""\
During the warm-up the learning rate rises from zero to `max_lr`. If the run ends before the warm-up
does, the whole run trains below the rate that you chose.

**When it is fine.** Never. In a very short run, omit the warm-up.

**How to fix it.** A tenth of the run is usual.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  max_steps: 100
                scheduler_config:
                  warmup_steps: 100
                """),
            good=block("""
                training_config:
                  max_steps: 100
                scheduler_config:
                  warmup_steps: 10
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              max_steps: 1000
            scheduler_config:
              warmup_steps: 100
              hold_steps: 5000
            """),
        block("""
            training_config:
              seed: 1
            scheduler_config:
              warmup_steps: 100
            """),
    ),
    check=check,
)
