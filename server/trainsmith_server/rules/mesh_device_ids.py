"""`mesh-device-ids`: a list of devices that does not match the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_schemas.quantities import plural
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the number of devices in the list with the number in the mesh."""
    ids, mesh = query.wholes("device_config.device_ids"), query.mesh()
    if ids is None or not ids.value:
        return
    if mesh is None and query.has("device_config.mesh_shape"):
        return  # The schema reports it.
    devices = prod(mesh.value) if mesh else 1
    twice = len(set(ids.value)) < len(ids.value)
    if len(ids.value) == devices and not twice:
        return
    shown = f"`mesh_shape` {mesh.value} is" if mesh else "without `mesh_shape` there is"
    what = "lists a device twice" if twice else f"lists {plural(len(ids.value), 'device')}"
    yield Violation(
        f"`device_ids` {what}, but {shown} {plural(devices, 'device')}",
        ids.span,
        fixes=(
            ids.set_to(
                str(list(range(devices))),
                title=f"Use the first {devices} devices" if devices > 1 else "Use device 0",
                preferred=True,
            ),
        ),
        related=(mesh.related(plural(devices, "device")),) if mesh else (),
    )


RULE = Rule(
    code="mesh-device-ids",
    severity="error",
    title="The list of devices does not match the mesh",
    docs="""\
`device_ids` assigns a device to each position of the mesh, row by row. It needs one number per
position, each only once; otherwise the trainer stops when it opens the mesh.

**When it is fine.** Never.

**How to fix it.** List rows × columns devices, or remove `device_ids` to use the first ones.
""",
    examples=(
        Example(
            bad=block("""
                device_config:
                  mesh_shape: [1, 2]
                  enable_ddp: true
                  device_ids: [3]
                """),
            good=block("""
                device_config:
                  mesh_shape: [1, 2]
                  enable_ddp: true
                  device_ids: [0, 1]
                """),
        ),
        Example(
            bad=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 2]
                  device_ids: [1, 1]
                """),
            good=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 2]
                  device_ids: [0, 1]
                """),
        ),
    ),
    fine=(
        block("""
            device_config:
              mesh_shape: [1, 2]
              enable_ddp: true
              device_ids: [2, 3]
            """),
        block("""
            device_config:
              mesh_shape: [1, 1]
              device_ids: []
            """),
    ),
    check=check,
)
