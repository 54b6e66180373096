"""`clip-with-tp`: gradient clipping with a model that is split over devices."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_MODES = {"enable_tp": "tensor parallelism", "enable_fsdp": "FSDP"}


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find clipping together with tensor parallelism or FSDP."""
    clip = query.flag("training_config.use_clip_grad_norm")
    if clip is None or not clip.value:
        return
    for mode, name in _MODES.items():
        split = query.flag(f"device_config.{mode}")
        clips = mode == "enable_fsdp" and query.profile.name == "trainsmith"
        if split and split.value and not clips:
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
    title="Gradient clipping with a split model",
    docs="""\
Clipping needs the norm of the whole gradient. With tensor parallelism or FSDP each device has only
a part of it, so tt-train refuses the combination ("Clip grad norm is not supported with TP or
FSDP").

**When it is fine.** Never. Clipping works with data parallelism alone, so the rule does not apply
there. Trainsmith's trainer clips with FSDP, too.

**How to fix it.** Turn clipping off. If the loss then jumps, lower the learning rate or add a
warm-up.
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
            # trainsmith: profile=trainsmith
            training_config:
              use_clip_grad_norm: true
            device_config:
              enable_fsdp: true
              mesh_shape: [1, 8]
            """),
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
