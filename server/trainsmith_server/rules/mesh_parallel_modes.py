"""`mesh-parallel-modes`: more or fewer parallel modes than the mesh has dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.wording import listed
from trainsmith_server.document.diagnostics import Fix
from trainsmith_server.document.found import Found
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_MODES = ("enable_ddp", "enable_fsdp", "enable_tp")
_UNCOUNTED = ("enable_sp", "enable_cp", "moe_axis", "moe_tp_axis")
"""Modes that share an axis with another mode, or name their own."""
_OTHER_PROGRAMS = (
    "grpo_config",
    "training_config.grpo_config",
    "training_config.multihost_config",
)
"""Sections of programs that lay out the mesh themselves: GRPO uses its second dimension for tensor
parallelism, and pipelines over several hosts use each host's mesh for both modes."""


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare the modes that are on with the dimensions that have several devices."""
    mesh = query.mesh()
    if mesh is None or any(query.has(f"device_config.{key}") for key in _UNCOUNTED):
        return
    if any(query.has(section) for section in _OTHER_PROGRAMS):
        return
    modes = [query.flag(f"device_config.{mode}") for mode in _MODES]
    on = [mode for mode in modes if mode and mode.value]
    dimensions = sum(size > 1 for size in mesh.value)
    if query.profile.name == "tt-train-flat":
        # Only later programs, which have both modes, use rows and columns.
        yield from _older(on) if dimensions < 2 else ()
    elif query.profile.name == "tt-train" and on and dimensions and len(on) != dimensions:
        names = listed(f"`{mode.key}`" for mode in on)
        expected = "one parallel mode" if dimensions == 1 else "two parallel modes"
        yield Violation(
            f"tt-train expects {expected} with `mesh_shape` {mesh.value}, but {names} "
            f"{'are' if len(on) > 1 else 'is'} on",
            mesh.span,
            fixes=tuple(_fixes(mesh, on, dimensions)),
            related=tuple(mode.related("on") for mode in on),
        )


def _older(on: list[Found[bool]]) -> Iterator[Violation]:
    if len(on) > 1:
        names = listed(f"`{mode.key}`" for mode in on)
        yield Violation(
            f"tt-train 0.62 to 0.65 supports one parallel mode at a time, but {names} are on",
            on[1].span,
            fixes=tuple(mode.set_to("false") for mode in reversed(on)),
            related=(on[0].related("also on"),),
        )


def _fixes(mesh: Found[list[int]], on: list[Found[bool]], dimensions: int) -> Iterator[Fix]:
    if len(on) < dimensions:
        rows, columns = mesh.value
        yield mesh.set_to(f"[1, {rows * columns}]")
    elif len(on) == dimensions + 1:
        yield from (mode.set_to("false") for mode in reversed(on))


RULE = Rule(
    code="mesh-parallel-modes",
    severity="error",
    title="The parallel modes do not match the mesh",
    docs="""\
tt-train assigns each parallel mode (`enable_ddp`, `enable_fsdp`, `enable_tp`) one dimension of the
mesh. On a line, `[1, 8]`, it stops unless exactly one mode is on ("Line mesh requires exactly one
of …"); on rows and columns, `[8, 4]`, it stops unless two are on. The trainers of 0.62 to 0.65
support one mode at a time ("DDP and TP cannot be enabled at the same time").

**When it is fine.** Never. With sequence or context parallelism, or experts on their own axis, the
modes are counted differently, so the rule does not apply.

**How to fix it.** Turn a mode off, or use a mesh with as many dimensions as there are modes.
""",
    examples=(
        Example(
            bad=block("""
                # trainsmith: profile=tt-train
                device_config:
                  enable_ddp: true
                  enable_fsdp: true
                  mesh_shape: [1, 8]
                """),
            good=block("""
                # trainsmith: profile=tt-train
                device_config:
                  enable_ddp: true
                  enable_fsdp: false
                  mesh_shape: [1, 8]
                """),
        ),
        Example(
            bad=block("""
                # trainsmith: profile=tt-train
                device_config:
                  enable_fsdp: true
                  mesh_shape: [8, 4]
                """),
            good=block("""
                # trainsmith: profile=tt-train
                device_config:
                  enable_fsdp: true
                  mesh_shape: [1, 32]
                """),
        ),
        Example(
            bad=block("""
                training_config: {project_name: x, learning_rate: 0.1, use_moreh_adamw: true}
                device_config: {enable_ddp: true, enable_tp: true, mesh_shape: [1, 8]}
                """),
            good=block("""
                training_config: {project_name: x, learning_rate: 0.1, use_moreh_adamw: true}
                device_config: {enable_ddp: true, enable_tp: false, mesh_shape: [1, 8]}
                """),
        ),
    ),
    fine=(
        block("""
            # trainsmith: profile=tt-train
            device_config:
              enable_fsdp: true
              mesh_shape: [1, 8]
            """),
        block("""
            # trainsmith: profile=tt-train
            device_config:
              enable_ddp: true
              enable_tp: true
              mesh_shape: [8, 4]
              enable_fsdp: false
            """),
        block("""
            # trainsmith: profile=tt-train
            device_config:
              enable_fsdp: false
              mesh_shape: [8, 4]
            """),
        block("""
            device_config:
              enable_ddp: true
              mesh_shape: [8, 4]
            """),
        block("""
            # trainsmith: profile=tt-train
            device_config:
              enable_fsdp: true
              enable_sp: true
              mesh_shape: [8, 4]
            """),
        block("""
            training_config:
              project_name: policy
              optimizer: {lr: 1.0e-6}
              grpo_config: {num_generations: 4}
            device_config:
              enable_ddp: true
              mesh_shape: [2, 4]
            """),
        block("""
            training_config:
              project_name: stages
              learning_rate: 0.00003
              use_moreh_adamw: true
              multihost_config: stages.yaml
            device_config:
              enable_ddp: true
              enable_tp: true
              mesh_shape: [2, 4]
            """),
    ),
    check=check,
)
