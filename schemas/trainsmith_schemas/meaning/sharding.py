"""What fully sharded data parallelism (FSDP) cannot be combined with in Trainsmith's trainer."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.problems import Path
from trainsmith_schemas.sections.documents import TrainingDocument


def unsupported_with_fsdp(document: TrainingDocument) -> Iterator[tuple[Path, str]]:
    """Each key that contradicts `enable_fsdp`, and what to write instead."""
    training, device = document.training_config, document.device_config
    if not device.enable_fsdp:
        return
    if device.enable_ddp:
        yield ("device_config", "enable_ddp"), BOTH_MODES
    if training.optimizer and training.optimizer.type == "Muon":
        yield ("training_config", "optimizer", "type"), MUON
    if training.compile:
        yield ("training_config", "compile"), COMPILED


BOTH_MODES = (
    "`enable_ddp` and `enable_fsdp` are both on, and each shares the batch over all devices: "
    "turn one of them off"
)
MUON = (
    "Muon needs whole matrices, and with `enable_fsdp` each device has a part of them: use AdamW, "
    "or `enable_ddp`"
)
COMPILED = (
    "`compile` does not work with `enable_fsdp`, which gathers parameters between the blocks: "
    "turn one of them off"
)
