"""`ddp-on-one-device`: data parallelism with a single device."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.one_device import on_one_device
from trainsmith_server.document.query import DocumentQuery, Violation
from trainsmith_server.rules import Example, Rule, block


def check(query: DocumentQuery) -> Iterator[Violation]:
    """Compare `enable_ddp` with the number of devices."""
    yield from on_one_device(query, "enable_ddp", "it has nothing to synchronise with")


RULE = Rule(
    code="ddp-on-one-device",
    severity="error",
    title="Data parallelism on one device",
    docs="""\
Distributed data parallelism (DDP) gives each device its part of the batch, and after the backward
pass the devices combine their gradients. If `mesh_shape` is a single device, there is nothing to
combine: at best the setting has no effect, at worst the trainer waits for a second device or stops.
It usually means that a recipe was copied from a larger machine.

**When it is fine.** Never. The rule does not apply to more than one device.

**How to fix it.** Turn `enable_ddp` off, or set `mesh_shape` to the devices that you have: `[1, 2]`
for an N300, `[1, 8]` for eight devices in a row. `batch_size` is the global batch: it is divided
over the devices.
""",
    examples=(
        Example(
            bad=block("""
                device_config:
                  enable_ddp: true
                  mesh_shape: [1, 1]
                """),
            good=block("""
                device_config:
                  enable_ddp: false
                  mesh_shape: [1, 1]
                """),
        ),
        Example(
            bad="device_config: {enable_ddp: True}\n",
            good="device_config: {enable_ddp: false}\n",
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
              enable_ddp: false
              mesh_shape: [1, 1]
            """),
        block("""
            device_config:
              enable_ddp: true
              mesh_shape: [1,
            """),
    ),
    check=check,
)
