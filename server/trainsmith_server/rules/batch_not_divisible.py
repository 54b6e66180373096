"""`batch-not-divisible`: a batch size that the number of devices does not divide."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block

_OTHER_MODES = ("enable_tp", "enable_fsdp", "enable_sp", "enable_cp")
_AXES = ("moe_axis", "moe_tp_axis")


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Check that the batch size is divisible by the number of devices that share it."""
    batch, mesh = query.whole("training_config.batch_size"), query.mesh()
    ours = query.profile.name == "trainsmith" and query.is_on("device_config.enable_fsdp")
    if batch is None or mesh is None or not (ours or query.is_on("device_config.enable_ddp")):
        return
    # With a second mode on, the rows share the batch and the columns share the model.
    others = any(query.is_on(f"device_config.{mode}") for mode in _OTHER_MODES) or any(
        query.has(f"device_config.{axis}") for axis in _AXES
    )
    shares = mesh.value[0] if others and not ours else prod(mesh.value)
    if batch.value < 1 or batch.value % shares == 0:
        return
    above = -(-batch.value // shares) * shares
    choices = (above, above - shares) if above > shares else (above,)
    yield Violation(
        f"`batch_size` {batch.value} is not divisible by {shares}, "
        "the number of data-parallel devices",
        batch.span,
        fixes=tuple(batch.set_to(str(choice)) for choice in choices),
        related=(mesh.related(f"{shares} devices share the batch"),),
    )


RULE = Rule(
    code="batch-not-divisible",
    severity="error",
    title="The batch cannot be divided evenly over the devices",
    docs="""\
`batch_size` is the global batch. Data parallelism divides it evenly over the devices, so it must be
divisible by the number of data-parallel devices; trainers stop otherwise.

**When it is fine.** Never. If tensor parallelism or FSDP is combined with data parallelism, only
the rows of the mesh share the batch, so the rule counts only the rows. In Trainsmith's trainer, all
devices share it with FSDP.

**How to fix it.** Use the nearest multiple of the number of devices.
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
        Example(
            bad=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  batch_size: 6
                device_config:
                  enable_fsdp: true
                  mesh_shape: [2, 2]
                """),
            good=block("""
                # trainsmith: profile=trainsmith
                training_config:
                  batch_size: 8
                device_config:
                  enable_fsdp: true
                  mesh_shape: [2, 2]
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
