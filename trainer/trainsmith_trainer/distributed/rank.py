"""The rank of this process in a data-parallel run.

Every rank runs the same loop over the same batches and computes its rows of each. Only rank 0
reads checkpoints and writes the run's folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from trainsmith_trainer.errors import RunError

RENDEZVOUS = "TRAINSMITH_RENDEZVOUS"
"""Names the folder where ranks on one machine find each other; `torchrun` has its own way."""
EXIT_PEER_LOST = 3
"""The exit code of a rank that exits because it lost another rank."""


class LostRankError(RunError):
    """Another rank of the run has exited."""


class Waits:
    """Whether this rank is waiting for another one, for other threads to see."""

    def __init__(self) -> None:
        self._since: float | None = None

    @contextmanager
    def waiting(self, later: float = 0.0) -> Generator[None, None, None]:
        """Within the block, it waits: from the start, or from some seconds later on."""
        self._since = time.monotonic() + later
        try:
            yield
        finally:
            self._since = None

    @property
    def seconds(self) -> float:
        """How long it has been waiting; 0 if it is not."""
        since = self._since
        return 0.0 if since is None else max(0.0, time.monotonic() - since)


@dataclass(frozen=True)
class RankInfo:
    """The rank of a process among the processes of a run."""

    rank: int = 0
    size: int = 1
    """Ranks on all machines."""
    local_rank: int = 0
    """The rank among those of this machine."""
    local_size: int = 1
    rendezvous: Path | None = None
    """The folder where ranks on one machine find each other."""
    timeout: float = 600.0
    """How many seconds a rank waits for another one that is running."""
    waits: Waits = field(default_factory=Waits, compare=False)

    def announce(self) -> None:
        """Announce that this rank is about to join the others."""
        if self.rendezvous and self.rank:
            self._announcement(self.rank).touch()

    def _announcement(self, rank: int) -> Path:
        assert self.rendezvous
        return self.rendezvous / f"rank-{rank}"

    def announced(self, rank: int) -> bool:
        """Whether a rank of this machine is about to join."""
        return self._announcement(rank).exists()


ALONE = RankInfo()


def is_worker() -> bool:
    """Whether `torchrun`, or rank 0 of a local run, started this process as a rank above 0."""
    return "WORLD_SIZE" in os.environ and os.environ.get("RANK", "0") != "0"


def rank_under_torchrun(devices: int, timeout: float) -> RankInfo | None:
    """The rank that the environment assigns, as `torchrun` and rank 0 of a local run set it.

    Args:
        devices: the number of devices in the recipe.
        timeout: how many seconds a rank waits for another one.

    Raises:
        RunError: the number of processes is not the number of devices.
    """
    environment = os.environ
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
    if size != devices:
        raise RunError(
            f"`mesh_shape` is {devices} devices, and {size} processes were started for it",
            advice=f"start torchrun with {devices} processes over all machines, or change the mesh",
            config_path="device_config.mesh_shape",
        )
    rendezvous = environment.get(RENDEZVOUS)
    return RankInfo(
        rank=rank,
        size=size,
        local_rank=int(environment.get("LOCAL_RANK", rank)),
        local_size=int(environment.get("LOCAL_WORLD_SIZE", size)),
        rendezvous=Path(rendezvous) if rendezvous else None,
        timeout=timeout,
    )
