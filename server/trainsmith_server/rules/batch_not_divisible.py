"""`batch-not-divisible`: a batch that cannot be divided over the devices."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_OTHER_MODES = ("enable_tp", "enable_fsdp", "enable_sp", "enable_cp")
_AXES = ("moe_axis", "moe_tp_axis")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Divide the batch by the devices that share it."""
    batch, mesh = query.whole("training_config.batch_size"), query.mesh()
    if batch is None or mesh is None or not query.is_on("device_config.enable_ddp"):
        return
    # With a second mode on, the rows share the batch and the columns share the model.
    others = any(query.is_on(f"device_config.{mode}") for mode in _OTHER_MODES) or any(
        query.has(f"device_config.{axis}") for axis in _AXES
    )
    shares = mesh.value[0] if others else prod(mesh.value)
    if batch.value < 1 or batch.value % shares == 0:
        return
    above = -(-batch.value // shares) * shares
    choices = (above, above - shares) if above > shares else (above,)
    yield Violation(
        f"`batch_size` {batch.value} does not divide over {shares} data-parallel devices",
        batch.span,
        fixes=tuple(batch.set_to(str(choice)) for choice in choices),
        related=(mesh.related(f"{shares} devices share the batch"),),
    )


RULE = Rule(
    code="batch-not-divisible",
    severity="error",
    title="The batch does not divide over the devices",
    docs="""\
`batch_size` is the global batch. Data parallelism gives each device an equal part of it, so the
number of data-parallel devices must divide it; trainers stop where it doesn't.

**When it is fine.** Never. With tensor parallelism or FSDP beside data parallelism, only the rows
of the mesh share the batch, and the rule counts only them.

**How to mend it.** Take the nearest multiple of the number of devices.
""",
    examples=(
        Example(
            bad=block("""
                training_config:
                  batch_size: 12
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 8]
                """),
            good=block("""
                training_config:
                  batch_size: 16
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 8]
                """),
        ),
        Example(
            bad=block("""
                training_config:
                  batch_size: 1
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 2]
                """),
            good=block("""
                training_config:
                  batch_size: 2
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 2]
                """),
        ),
    ),
    fine=(
        block("""
            training_config:
              batch_size: 16
            device_config:
              enable_ddp: true
              mesh_shape: [2, 4]
            """),
        block("""
            training_config:
              batch_size: 2
            device_config:
              enable_ddp: true
              enable_tp: true
              mesh_shape: [2, 4]
            """),
        block("""
            training_config:
              batch_size: 3
            device_config:
              enable_tp: true
              mesh_shape: [1, 8]
            """),
    ),
    check=check,
)
