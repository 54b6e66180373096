"""`lr-above-typical`: a learning rate above the usual range for fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_TYPICAL = 2e-4
_TOO_HIGH = 1e-3
"""From here on, `lr-too-high` reports the rate."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check the rate of a recipe that trains all weights of a pretrained model."""
    rate = query.learning_rate()
    if rate is None or query.start() != "pretrained":
        return
    if not _TYPICAL < rate.value < _TOO_HIGH:
        return
    yield Violation(
        f"`{rate.key}` {number_text(rate.value)} is above the usual range for fine-tuning, "
        "0.00001 to 0.0002",
        rate.span,
        fixes=(rate.set_to("0.0002"), rate.set_to("0.0001")),
    )


RULE = Rule(
    code="lr-above-typical",
    severity="hint",
    title="The learning rate is above the usual range",
    docs="""\
Fine-tuning usually works between 1e-5 and 1e-4; 2e-4 is worth a try if the loss barely moves. Above
that, a pretrained model forgets more than it learns.

**When it is fine.** With little data or for a few steps, so this rule is off by default. It applies
only if the model file has a `model_path`, since training from scratch uses 3e-4 or more.

**How to fix it.** Start at `0.0001`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0005
                  transformer_config: {model_path: base}
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0002
                  transformer_config: {model_path: base}
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              learning_rate: 0.0002
              transformer_config: {model_path: base}
            """),
        block("""
            training_config:
              learning_rate: 0.0005
            """),
        block("""
            # trainsmith: profile=trainsmith
            training_config:
              learning_rate: 0.0005
              transformer_config: {model_path: base}
            lora_config: {r: 8}
            """),
        block("""
            training_config:
              learning_rate: 0.0005
              transformer_config: {model_path: ''}
            """),
        block("""
            training_config:
              learning_rate: 0.001
              transformer_config: {model_path: base}
            """),
    ),
    check=check,
    on=False,
    with_model=True,
)
