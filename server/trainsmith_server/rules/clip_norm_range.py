"""`clip-norm-range`: a clipping threshold that clips almost nothing."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block
from trainsmith_server.yaml.numbers import number_text

_LIMIT = 10


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a threshold far above usual gradient norms."""
    norm = query.number("training_config.clip_grad_norm_max_norm")
    clip = query.flag("training_config.use_clip_grad_norm")
    if norm is None or norm.value <= _LIMIT or (clip and not clip.value):
        return
    yield Violation(
        f"`{norm.key}` {number_text(norm.value)} is so high that hardly any gradient is clipped",
        norm.span,
        fixes=(norm.set_to("1.0"),),
    )


RULE = Rule(
    code="clip-norm-range",
    severity="hint",
    title="The clipping threshold is very high",
    docs="""\
Clipping scales down every gradient whose norm is above this threshold. In a healthy run the norm is
about 1, so a threshold above 10 lets even a bad batch through.

**When it is fine.** If you have seen that your model's gradients are larger.

**How to fix it.** `1.0` is usual, `0.5` is cautious.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  clip_grad_norm_max_norm: 100.0
                """),
            good=block("""
                training_config:
                  clip_grad_norm_max_norm: 1.0
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              clip_grad_norm_max_norm: 0.5
            """),
        block("""
            training_config:
              use_clip_grad_norm: false
              clip_grad_norm_max_norm: 100.0
            """),
        block("""
            training_config:
              clip_grad_norm_max_norm: 10
            """),
    ),
    check=check,
)
