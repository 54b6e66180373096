"""`fsdp-on-one-device`: fully sharded data parallelism with a single device."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare `enable_fsdp` with the number of devices."""
    fsdp = query.flag("device_config.enable_fsdp")
    mesh = query.mesh()
    if fsdp is None or not fsdp.value:
        return
    if mesh is None and query.has("device_config.mesh_shape"):
        return  # The schema reports it.
    if mesh is not None and prod(mesh.value) != 1:
        return
    turn_off = fsdp.set_to("false", title="Set `enable_fsdp` to false", preferred=True)
    if mesh is None:
        two = query.editor.add_after(fsdp, "mesh_shape: [1, 2]", title="Add `mesh_shape: [1, 2]`")
        shown, related = "without `mesh_shape` there is one device", ()
    else:
        two = mesh.set_to("[1, 2]", title="Set `mesh_shape` to [1, 2], two devices")
        shown = f"`mesh_shape` {mesh.value} is one device"
        related = (mesh.related("the mesh has one device"),)
    yield Violation(
        f"`enable_fsdp` needs more than one device, and {shown}: the weights have no parts",
        fsdp.span,
        fixes=(turn_off, two),
        related=related,
        # Other trainers continue without sharing anything.
        severity=None if query.profile.name == "trainsmith" else "warning",
    )


RULE = Rule(
    code="fsdp-on-one-device",
    severity="error",
    title="Fully sharded data parallelism on one device",
    docs="""\
Fully sharded data parallelism (FSDP) divides weights, gradients and the optimizer's state over the
devices, so that a model fits that is too large for one. If `mesh_shape` is a single device, it has
all of them anyway: nothing is saved.

**When it is fine.** Never. The rule does not apply to more than one device.

**How to fix it.** Turn `enable_fsdp` off, or set `mesh_shape` to the devices that you have. If the
model does not fit on one device, lower `batch_size`, recompute activations with `runner_type:
memory_efficient` in the model file, or train small matrices with `lora_config`.
""",
    examples=(
        Example(
            bad=block("""
                device_config:
                  enable_fsdp: true
                  mesh_shape: [1, 1]
                """),
            good=block("""
                device_config:
                  enable_fsdp: false
                  mesh_shape: [1, 1]
                """),
        ),
        Example(
            bad="device_config: {enable_fsdp: True}\n",
            good="device_config: {enable_fsdp: false}\n",
        ),
    ),
    fine=(
        block("""
            device_config:
              enable_fsdp: true
              mesh_shape: [1, 2]
            """),
        block("""
            device_config:
              enable_fsdp: false
              mesh_shape: [1, 1]
            """),
        block("""
            device_config:
              enable_fsdp: true
              mesh_shape: [1,
            """),
    ),
    check=check,
)
