"""`clip-disabled`: gradient clipping is turned off."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find clipping that is turned off."""
    clip = query.flag("training_config.use_clip_grad_norm")
    if query.profile.name != "trainsmith" or clip is None or clip.value:
        return
    yield Violation(
        "gradient clipping is off: a single bad batch can make the loss explode",
        clip.span,
        fixes=(clip.set_to("true"),),
    )


RULE = Rule(
    code="clip-disabled",
    severity="information",
    title="Gradient clipping is off",
    docs="""\
Clipping scales a gradient down to `clip_grad_norm_max_norm` if its norm is larger; other gradients
are unchanged. It costs next to nothing, and it limits the damage that one bad batch can do.

**When it is fine.** With an optimizer that limits its own steps, or to see how large the gradients
really are. Most of tt-train's recipes have clipping off, so the rule does not apply to them.

**How to fix it.** Set `use_clip_grad_norm: true`.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  use_clip_grad_norm: false
                """),
            good=block("""
                training_config:
                  use_clip_grad_norm: true
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              use_clip_grad_norm: true
            """),
        block("""
            training_config:
              clip_grad_norm_max_norm: 1.0
            """),
        block("""
            training_config:
              project_name: nano
              model_source: a/b
              use_clip_grad_norm: false
            """),
    ),
    check=check,
)
