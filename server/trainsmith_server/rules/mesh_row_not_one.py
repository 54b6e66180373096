"""`mesh-row-not-one`: a mesh with several rows for an older version of tt-train."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_schemas.trainers.profiles import FLAT_OPTIMIZER_KEYS
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check that the mesh has one row."""
    mesh = query.mesh()
    if query.profile.name != "tt-train-flat" or mesh is None or mesh.value[0] == 1:
        return
    if query.is_on("device_config.enable_tp"):
        return  # The C++ trainer of that time supports any mesh.
    if not any(query.has(f"training_config.{key}") for key in FLAT_OPTIMIZER_KEYS):
        return  # It may also be a newer recipe with few keys.
    yield Violation(
        f"tt-train 0.64 and 0.65 support only one row of devices, [1, N], not {mesh.value}",
        mesh.span,
        fixes=(mesh.set_to(f"[1, {prod(mesh.value)}]"),),
    )


RULE = Rule(
    code="mesh-row-not-one",
    severity="error",
    title="Older versions of tt-train support one row of devices",
    docs="""\
The trainers of tt-train 0.64 and 0.65 stop with "Only [1, N] mesh shapes are supported". This
recipe has the keys of those versions.

**When it is fine.** In recipes for the current tt-train, which supports any rows and columns; the
rule does not apply to them.

**How to fix it.** Put all devices in one row: `[1, 8]` for eight.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  seed: 1
                  eps: 1.0e-8
                device_config:
                  mesh_shape: [2, 4]
                """),
            good=block("""
                training_config:
                  seed: 1
                  eps: 1.0e-8
                device_config:
                  mesh_shape: [1, 8]
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              seed: 1
              eps: 1.0e-8
            device_config:
              mesh_shape: [1, 8]
            """),
        block("""
            training_config:
              seed: 1
              eps: 1.0e-8
            device_config:
              mesh_shape: [8, 1]
              enable_tp: true
            """),
        block("""
            training_config:
              optimizer: {lr: 0.0001}
            device_config:
              mesh_shape: [8, 4]
              enable_tp: true
            """),
    ),
    check=check,
)
