"""`lr-too-low`: a learning rate at which nothing is learned."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_LIMIT = 1e-6


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the rate of a language model, except in reinforcement learning."""
    if query.has("training_config.grpo_config") or query.has("grpo_config"):
        return
    rate = query.learning_rate()
    if rate is None or query.usual_rate() is None or not 0 < rate.value <= _LIMIT:
        return
    yield Violation(
        f"`{rate.key}` {number_text(rate.value)} is so low that the loss may barely move",
        rate.span,
        fixes=(
            rate.set_to("1.0e-5", title=f"Set `{rate.key}` to 1.0e-5, a cautious choice"),
            rate.set_to("0.0001", title=f"Set `{rate.key}` to 0.0001, the usual starting point"),
        ),
    )


RULE = Rule(
    code="lr-too-low",
    severity="hint",
    title="The learning rate is too low",
    docs="""\
Adam moves each weight by about the learning rate at each step. At a millionth, a thousand steps
move a weight by a thousandth: the run takes as long as any other and ends where it began.

**When it is fine.** In reinforcement learning, where such rates are usual (the rule does not apply
if there is a `grpo_config`), and to polish a model that is already good. The rule does not apply to
models that are not language models either.

**How to fix it.** Start at `0.0001` for fine-tuning, or at `1.0e-5` to be cautious.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 1.0e-6
                """),
            good=block("""
                training_config:
                  learning_rate: 1.0e-5
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {lr: 5.0e-7}
                """),
            good=block("""
                training_config:
                  optimizer: {lr: 1.0e-5}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 1.0e-5
            """),
        block("""
            training_config:
              project_name: digits
              learning_rate: 1.0e-6
              momentum: 0.9
              model_path: digits.bin
            """),
        block("""
            training_config:
              optimizer: {lr: 5.0e-7}
              grpo_config: {epsilon: 0.2}
            """),
        block("""
            training_config:
              learning_rate: 1.0e-7
            scheduler_config:
              max_lr: 0.0001
            """),
    ),
    check=check,
)
