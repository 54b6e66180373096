"""Problems with the devices of a recipe, with how they share the work, and with their batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.sharding import unsupported_with_fsdp
from trainsmith_schemas.problems import Path as KeyPath
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_trainer.config.source import Source
from trainsmith_trainer.errors import ConfigProblem

_MESH_KEY: KeyPath = ("device_config", "mesh_shape")
_BATCH_KEY: KeyPath = ("training_config", "batch_size")


def unsuitable_devices(document: TrainingDocument, source: Source) -> Iterator[ConfigProblem]:
    """Problems with the devices, or with the batch that they share."""
    device = document.device_config
    mesh, count = device.mesh_shape, derived.device_count(document)
    batch, shares = document.training_config.batch_size, device.enable_ddp or device.enable_fsdp
    for mode in ("enable_ddp", "enable_fsdp"):
        if getattr(device, mode) and count == 1:
            message = (
                f"`{mode}` has no effect: there is one device; write `false`, or a larger mesh"
            )
            yield _problem(source, "warning", "not-acted-on", message, ("device_config", mode))
    if not shares and count > 1:
        message = (
            f"`mesh_shape` {mesh} is {count} devices, and nothing says how they share the work: "
            "write `enable_ddp: true`, or [1, 1]"
        )
        yield _problem(source, "error", "contradiction", message, _MESH_KEY)
    if shares and batch % count:
        message = f"`batch_size` {batch} does not divide over {count} data-parallel devices"
        yield _problem(source, "error", "indivisible", message, _BATCH_KEY)
    for key, message in unsupported_with_fsdp(document):
        yield _problem(source, "error", "contradiction", message, key)


def _problem(
    source: Source, severity: Literal["error", "warning"], code: str, message: str, key: KeyPath
) -> ConfigProblem:
    on_key = code == "not-acted-on"
    return ConfigProblem(source.origin_of(key, on_key=on_key), severity, code, message, dotted(key))
