"""The device of a rank, and what it cannot do for a recipe."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from trainsmith_schemas.quantities import plural
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.allocation import keep_freed_memory
from trainsmith_trainer.backends.torch.compilers import enclose_compilers
from trainsmith_trainer.backends.torch.threads import sensible_threads
from trainsmith_trainer.distributed.rank import ALONE, RankInfo


def has_gpu() -> bool:
    """Whether a run may get an NVIDIA or AMD GPU."""
    return torch.cuda.is_available()


def choose_device(rank_info: RankInfo = ALONE) -> tuple[torch.device, str]:
    """The best available device for a rank, and a description of the devices of all ranks.

    Raises:
        RunError: the device needs a folder for its compilers, which cannot be written.
    """
    many = f"{rank_info.size} × " if rank_info.size > 1 else ""
    if has_gpu() and torch.cuda.device_count() >= rank_info.local_size:
        device = torch.device("cuda", rank_info.local_rank)
        torch.cuda.set_device(device)
        enclose_compilers()
        return device, f"{many}GPU, {torch.cuda.get_device_name(device)}"
    if torch.backends.mps.is_available() and rank_info.size == 1:
        return torch.device("mps"), "Apple GPU"
    keep_freed_memory()
    threads = sensible_threads(rank_info.local_size)
    torch.set_num_threads(threads)
    return torch.device("cpu"), f"{many}CPU, {threads} thread{'s' if threads > 1 else ''}"


def device_warnings(
    training: TrainingConfig, device: torch.device, rank_info: RankInfo
) -> Iterator[tuple[str, str]]:
    """What the device cannot do for the recipe, each with the key concerned."""
    there = torch.cuda.device_count()
    if device.type != "cuda" and there:
        message = (
            f"this machine has {plural(there, 'GPU')} and `mesh_shape` needs "
            f"{rank_info.local_size}: the run computes on the CPU"
        )
        yield message, "device_config.mesh_shape"
    if training.tf32 and device.type != "cuda":
        yield "`tf32` has no effect: only NVIDIA GPUs have it", "training_config.tf32"
