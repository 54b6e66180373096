"""`clip-disabled`: training without the safety net."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule


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
            bad="training_config:\n  use_clip_grad_norm: false\n",
            good="training_config:\n  use_clip_grad_norm: true\n",
        ),
    ),
    fine=(
        "training_config:\n  use_clip_grad_norm: true\n",
        "training_config:\n  clip_grad_norm_max_norm: 1.0\n",
        (
            "training_config:\n  project_name: nano\n  model_source: a/b\n"
            "  use_clip_grad_norm: false\n"
        ),
    ),
    check=check,
)
