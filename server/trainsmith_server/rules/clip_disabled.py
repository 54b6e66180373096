"""`clip-disabled`: training without the safety net."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for clipping that is turned off."""
    clip = query.flag("training_config.use_clip_grad_norm")
    if query.profile.name != "trainsmith" or clip is None or clip.value:
        return
    yield Violation(
        "without clipping, a single bad batch can make the loss explode",
        clip.span,
        fixes=(clip.set_to("true"),),
    )


RULE = Rule(
    code="clip-disabled",
    severity="information",
    title="Gradient clipping is off",
    docs="""\
Clipping shortens a gradient that is longer than `clip_grad_norm_max_norm` and leaves all others
alone. It costs next to nothing, and it keeps one bad batch from throwing the weights far away.

**When it is fine.** With an optimizer that bounds its steps itself, or to see how long the
gradients really are. tt-train's recipes mostly have it off, and the rule is silent about them.

**How to mend it.** Turn it on.
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
