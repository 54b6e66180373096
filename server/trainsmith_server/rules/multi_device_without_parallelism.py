"""`multi-device-without-parallelism`: several devices without a parallel mode."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_MODES = ("enable_ddp", "enable_tp", "enable_fsdp", "enable_sp", "enable_cp")
_AXES = ("moe_axis", "moe_tp_axis")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Find a mesh with several devices but without a parallel mode."""
    mesh = query.mesh()
    if mesh is None or prod(mesh.value) == 1:
        return
    if any(query.is_on(f"device_config.{mode}") for mode in _MODES):
        return
    if any(query.has(f"device_config.{axis}") for axis in _AXES):
        return
    ddp = query.flag("device_config.enable_ddp")
    if ddp is None and not query.complete:
        return  # The recipe is still being written.
    turn_on = (
        ddp.set_to("true", title="Set `enable_ddp` to true")
        if ddp
        else query.editor.add_after(mesh, "enable_ddp: true", title="Add `enable_ddp: true`")
    )
    yield Violation(
        f"`mesh_shape` {mesh.value} has {prod(mesh.value)} devices, but no parallel mode is on",
        mesh.span,
        fixes=(turn_on, mesh.set_to("[1, 1]", title="Set `mesh_shape` to [1, 1], one device")),
        # Trainsmith's trainer refuses to leave devices idle.
        severity="error" if query.profile.name == "trainsmith" else None,
    )


RULE = Rule(
    code="multi-device-without-parallelism",
    severity="warning",
    title="Several devices, but no parallel mode",
    docs="""\
The mesh has several devices, but no parallel mode divides the batch or the model over them: every
device computes the same, or all but one are idle. Trainsmith does not run such a recipe.

**When it is fine.** If the trainer's own code divides the work, whatever the recipe says.

**How to fix it.** Turn on `enable_ddp`, which divides the batch, or another mode that the trainer
supports; or use one device, `mesh_shape: [1, 1]`.
""",
    examples=(
        Example(
            bad=block("""
                device_config:
                  enable_ddp: false
                  mesh_shape: [1, 2]
                """),
            good=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 2]
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  max_steps: 500
                device_config:
                  mesh_shape: [2, 4]
                """),
            good=block("""
                training_config:
                  learning_rate: 0.0001
                  batch_size: 8
                  max_steps: 500
                device_config:
                  mesh_shape: [2, 4]
                  enable_ddp: true
                """),
        ),
    ),
    fine=(
        block("""
            device_config:
              mesh_shape: [1, 2]
            """),
        block("""
            device_config:
              enable_tp: true
              mesh_shape: [1, 8]
            """),
        block("""
            device_config:
              enable_ddp: false
              mesh_shape: [1, 1]
            """),
        block("""
            device_config:
              enable_ddp: false
              moe_axis: ep
              mesh_shape: [1, 8]
            """),
    ),
    check=check,
)
