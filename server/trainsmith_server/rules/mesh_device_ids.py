"""`mesh-device-ids`: more or fewer devices named than the mesh has."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Count the devices that are named against those of the mesh."""
    ids, mesh = query.wholes("device_config.device_ids"), query.mesh()
    if ids is None or not ids.value:
        return
    if mesh is None and query.has("device_config.mesh_shape"):
        return  # The schema says what is wrong with it.
    devices = prod(mesh.value) if mesh else 1
    twice = len(set(ids.value)) < len(ids.value)
    if len(ids.value) == devices and not twice:
        return
    shown = f"`mesh_shape` {mesh.value}" if mesh else "without `mesh_shape`, the mesh"
    what = "names a device twice" if twice else f"names {len(ids.value)} devices"
    yield Violation(
        f"`device_ids` {what}; {shown} has {devices}",
        ids.span,
        fixes=(
            ids.set_to(
                str(list(range(devices))),
                title=f"Name the first {devices} devices" if devices > 1 else "Name device 0",
                preferred=True,
            ),
        ),
        related=(mesh.related(f"{devices} devices"),) if mesh else (),
    )


RULE = Rule(
    code="mesh-device-ids",
    severity="error",
    title="The devices named are not as many as the mesh has",
    docs="""\
`device_ids` says which device takes which place of the mesh, row after row. It needs one number for
each place, and no number twice; the trainer stops when it opens the mesh otherwise.

**When it is fine.** Never.

**How to mend it.** Name as many devices as rows × columns, or leave `device_ids` out: then the
first ones are taken.
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
