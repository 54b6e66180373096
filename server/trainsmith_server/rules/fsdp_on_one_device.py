"""`fsdp-on-one-device`: fully sharded data parallelism with a single device."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.one_device import on_one_device
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare `enable_fsdp` with the number of devices."""
    yield from on_one_device(query, "enable_fsdp", "the weights have no parts")


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
