"""`mesh-board`: a mesh with more or fewer devices than the board."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_schemas.quantities import plural
from trainsmith_schemas.trainers.boards import BOARDS
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the number of devices in the mesh with the number on the board."""
    board, mesh = query.options.board, query.mesh()
    if board is None or mesh is None or prod(mesh.value) == board.devices:
        return
    yield Violation(
        f"`mesh_shape` {mesh.value} is {plural(prod(mesh.value), 'device')}, but the {board.name} "
        f"has {board.devices}",
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
    title="The mesh does not match the board",
    docs="""\
`mesh_shape` opens rows × columns of devices. If the board has fewer, the run stops when it opens
them; if the board has more, some are idle. The rule applies only if the setting `trainsmith.board`,
or `board` in `.trainsmith.yaml`, names the board.

**When it is fine.** If another run uses the other devices.

**How to fix it.** Use the board's own mesh, or choose the board that the recipe is for.
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
