"""`weight-decay-range`: a weight decay far above the usual range."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_LIMIT = 0.3


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the weight decay."""
    decay = query.number("training_config.optimizer.weight_decay") or query.number(
        "training_config.weight_decay"
    )
    if decay is None or decay.value <= _LIMIT:
        return
    yield Violation(
        f"`weight_decay` {number_text(decay.value)} pulls weights towards zero harder than is "
        "usual (0.0 to 0.1)",
        decay.span,
        fixes=(decay.set_to("0.01"), decay.set_to("0.1")),
    )


RULE = Rule(
    code="weight-decay-range",
    severity="hint",
    title="The weight decay is very high",
    docs="""\
At each step AdamW shrinks each weight matrix by `lr` × `weight_decay`, whatever the gradient is. A
high decay keeps the model from learning anything but the strongest patterns.

**When it is fine.** With a very small learning rate, or against bad overfitting, if you have seen
that it helps.

**How to fix it.** `0.01` is usual, `0.1` is strong.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  weight_decay: 1.0
                """),
            good=block("""
                training_config:
                  weight_decay: 0.01
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  optimizer: {weight_decay: 0.5}
                """),
            good=block("""
                training_config:
                  optimizer: {weight_decay: 0.01}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              weight_decay: 0.3
            """),
        block("""
            training_config:
              weight_decay: 0.9
              optimizer: {weight_decay: 0.1}
            """),
    ),
    check=check,
)
