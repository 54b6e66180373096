"""`mesh-board`: a mesh of other devices than the board has."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_schemas.trainers.boards import BOARDS
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the devices of the mesh with those of the board that was chosen."""
    board, mesh = query.options.board, query.mesh()
    if board is None or mesh is None or prod(mesh.value) == board.devices:
        return
    devices = f"{board.devices} device" + ("s" if board.devices > 1 else "")
    yield Violation(
        f"`mesh_shape` {mesh.value} is {prod(mesh.value)} devices; the {board.name} has {devices}",
        mesh.span,
        fixes=(
            mesh.set_to(
                str(list(board.mesh_shape)),
                title=f"Set `mesh_shape` to {list(board.mesh_shape)}, the {board.name}",
                preferred=True,
            ),
        ),
    )


RULE = Rule(
    code="mesh-board",
    severity="warning",
    title="The mesh has other devices than the board",
    docs="""\
`mesh_shape` opens rows × columns of devices. With more than the board has, the run stops when it
opens them; with fewer, devices stand idle. The setting `trainsmith.board`, or `board` in
`.trainsmith.yaml`, says which board it is; without it the rule is silent.

**When it is fine.** Where the other devices are left to another run.

**How to mend it.** Write the board's own mesh, or choose the board that the recipe is for.
""",
    examples=(
        Example(
            bad=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [2, 4]
                """),
            good=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 2]
                """),
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
              enable_ddp: true
              mesh_shape: [2, 1]
            """),
        block("""
            device_config:
              mesh_shape: wide
            """),
    ),
    check=check,
    options=LintOptions(board=next(board for board in BOARDS if board.name == "N300")),
)
