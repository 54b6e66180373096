"""`clip-with-tp`: gradient clipping where the model is split."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_MODES = {"enable_tp": "tensor parallelism", "enable_fsdp": "FSDP"}


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Look for clipping beside tensor parallelism or FSDP."""
    clip = query.flag("training_config.use_clip_grad_norm")
    if clip is None or not clip.value:
        return
    for mode, name in _MODES.items():
        split = query.flag(f"device_config.{mode}")
        if split and split.value:
            yield Violation(
                f"tt-train stops here: it cannot clip gradients with {name}",
                clip.span,
                fixes=(clip.set_to("false"), split.set_to("false")),
                related=(split.related("the model is split"),),
            )
            return


RULE = Rule(
    code="clip-with-tp",
    severity="error",
    title="Gradient clipping with a model that is split",
    docs="""\
Clipping needs the length of the whole gradient. With tensor parallelism or FSDP each device has
only a part of it; tt-train refuses the combination ("Clip grad norm is not supported with TP or
FSDP").

**When it is fine.** Never; with data parallelism alone, clipping works and the rule is silent.

**How to mend it.** Turn clipping off, and take a lower learning rate or a warm-up if the loss
jumps.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  use_clip_grad_norm: true
                device_config:
                  enable_tp: true
                  mesh_shape: [1, 8]
                """),
            good=block("""
                training_config:
                  use_clip_grad_norm: false
                device_config:
                  enable_tp: true
                  mesh_shape: [1, 8]
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              use_clip_grad_norm: true
            device_config:
              enable_ddp: true
              mesh_shape: [1, 8]
            """),
        block("""
            training_config:
              use_clip_grad_norm: false
            device_config:
              enable_fsdp: true
              mesh_shape: [1, 8]
            """),
        block("""
            training_config:
              use_clip_grad_norm: true
            device_config:
              enable_tp: false
            """),
    ),
    check=check,
)
