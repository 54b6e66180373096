"""Ways to divide work over devices, in a recipe that has one device."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation


def on_one_device(query: DocumentQuery, key: str, why: str) -> Iterator[Violation]:
    """Compare a switch with the number of devices.

    Args:
        query: the recipe.
        key: of `device_config`, which is on.
        why: what one device lacks.
    """
    switch, mesh = query.flag(f"device_config.{key}"), query.mesh()
    if switch is None or not switch.value:
        return
    if mesh is None and query.has("device_config.mesh_shape"):
        return  # The schema reports it.
    if mesh is not None and prod(mesh.value) != 1:
        return
    turn_off = switch.set_to("false", title=f"Set `{key}` to false", preferred=True)
    if mesh is None:
        line = "mesh_shape: [1, 2]"
        two = query.editor.add_after(switch, line, title=f"Add `{line}`")
        shown, related = "without `mesh_shape` there is one device", ()
    else:
        two = mesh.set_to("[1, 2]", title="Set `mesh_shape` to [1, 2], two devices")
        shown = f"`mesh_shape` {mesh.value} is one device"
        related = (mesh.related("the mesh has one device"),)
    yield Violation(
        f"`{key}` needs more than one device, and {shown}: {why}",
        switch.span,
        fixes=(turn_off, two),
        related=related,
        # Other trainers continue, and the switch has no effect.
        severity=None if query.profile.name == "trainsmith" else "warning",
    )
