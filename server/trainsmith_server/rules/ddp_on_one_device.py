"""`ddp-on-one-device`: data parallelism with a single device."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare `enable_ddp` with the number of devices."""
    ddp = query.flag("device_config.enable_ddp")
    mesh = query.mesh()
    if ddp is None or not ddp.value:
        return
    if mesh is None and query.has("device_config.mesh_shape"):
        return  # The schema reports it.
    if mesh is not None and prod(mesh.value) != 1:
        return
    turn_off = ddp.set_to("false", title="Set `enable_ddp` to false", preferred=True)
    if mesh is None:
        two = query.editor.add_after(ddp, "mesh_shape: [1, 2]", title="Add `mesh_shape: [1, 2]`")
        shown, related = "without `mesh_shape` there is one device", ()
    else:
        two = mesh.set_to("[1, 2]", title="Set `mesh_shape` to [1, 2], two devices")
        shown = f"`mesh_shape` {mesh.value} is one device"
        related = (mesh.related("the mesh has one device"),)
    yield Violation(
        f"`enable_ddp` needs more than one device, and {shown}: it has nothing to synchronise with",
        ddp.span,
        fixes=(turn_off, two),
        related=related,
        # Other trainers continue without synchronising anything.
        severity=None if query.profile.name == "trainsmith" else "warning",
    )


RULE = Rule(
    code="ddp-on-one-device",
    severity="error",
    title="Data parallelism on one device",
    docs="""\
Distributed data parallelism (DDP) gives each device its part of the batch, and after the backward
pass the devices combine their gradients. If `mesh_shape` is a single device, there is nothing to
combine: at best the setting has no effect, at worst the trainer waits for a second device or stops.
It usually means that a recipe was copied from a larger machine.

**When it is fine.** Never. The rule does not apply to more than one device.

**How to fix it.** Turn `enable_ddp` off, or set `mesh_shape` to the devices that you have: `[1, 2]`
for an N300, `[1, 8]` for eight devices in a row. `batch_size` is the global batch: it is divided
over the devices.
""",
    examples=(
        Example(
            bad=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 1]
                """),
            good=block("""
                device_config:
                  enable_ddp: false
                  mesh_shape: [1, 1]
                """),
        ),
        Example(
            bad="device_config: {enable_ddp: True}\n",
            good="device_config: {enable_ddp: false}\n",
        ),
    ),
    fine=(
        block("""
            device_config:
              enable_ddp: true
              mesh_shape: [1, 2]
            """),
        block("""
            device_config:
              enable_ddp: false
              mesh_shape: [1, 1]
            """),
        block("""
            device_config:
              enable_ddp: true
              mesh_shape: [1,
            """),
    ),
    check=check,
)
