"""The processes of a data-parallel run: which one this is, and how the others are started.

Every rank runs the same loop over the same batches and computes its rows of each. Rank 0 does all
the rest: it reads checkpoints and writes the run's folder. `torchrun` may start the ranks; without
it, rank 0 starts the others on its own machine.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trainsmith_trainer.problems import RunError

_RENDEZVOUS = "TRAINSMITH_RENDEZVOUS"
"""The folder where ranks of one machine find each other; `torchrun` has a way of its own."""
_SECONDS_TO_DIE = 5.0
"""From a broken connection to the end of the process that broke it."""
_SECONDS_TO_END = 1.0
"""Ranks above 0 write nothing, so that ending them costs nothing."""
FOLLOWER = 3
"""The exit code of a rank that ends because another one is gone."""


class LostRankError(RunError):
    """Another rank of the run is gone."""


@dataclass(frozen=True)
class Place:
    """Which of a run's processes this one is."""

    rank: int = 0
    size: int = 1
    """Ranks on all machines."""
    local_rank: int = 0
    """The rank among those of this machine."""
    local_size: int = 1
    rendezvous: Path | None = None
    """The folder where ranks of one machine find each other."""

    def announce(self) -> None:
        """Say that this rank is about to join the others."""
        if self.rendezvous and self.rank:
            self._announcement(self.rank).touch()

    def _announcement(self, rank: int) -> Path:
        assert self.rendezvous
        return self.rendezvous / f"rank-{rank}"

    def announced(self, rank: int) -> bool:
        """Whether a rank of this machine is about to join."""
        return self._announcement(rank).exists()


ALONE = Place()


def place_under_torchrun(devices: int) -> Place | None:
    """The place that the environment assigns, as `torchrun` and rank 0 of a local run set it.

    Args:
        devices: that the recipe asks for.

    Raises:
        RunError: there are more or fewer processes than devices.
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
    rendezvous = environment.get(_RENDEZVOUS)
    return Place(
        rank=rank,
        size=size,
        local_rank=int(environment.get("LOCAL_RANK", rank)),
        local_size=int(environment.get("LOCAL_WORLD_SIZE", size)),
        rendezvous=Path(rendezvous) if rendezvous else None,
    )


class Ranks:
    """The processes that rank 0 has started; none where the run is alone or torchrun's."""

    def __init__(self, place: Place, processes: Mapping[int, subprocess.Popen[bytes]]) -> None:
        self.place = place
        self._processes = processes

    def wait_until_announced(self) -> None:
        """Wait until every rank is about to join; then joining them cannot take long.

        Raises:
            LostRankError: one of them ended instead.
        """
        waiting = set(self._processes)
        while waiting:
            waiting = {rank for rank in waiting if not self.place.announced(rank)}
            for rank in waiting:
                if self._processes[rank].poll() is not None:
                    raise LostRankError(self._obituary(rank))
            time.sleep(0.01)

    def name_the_lost(self, error: LostRankError) -> LostRankError:
        """The same error with the rank that is gone, and why; as it was where none is."""
        deadline = time.monotonic() + _SECONDS_TO_DIE
        while self._processes and time.monotonic() < deadline:
            # Those that ended because of another one say so, in their exit code.
            for rank, process in self._processes.items():
                if process.poll() not in (None, FOLLOWER):
                    return LostRankError(self._obituary(rank), advice=error.advice)
            time.sleep(0.05)
        return error

    def end(self) -> None:
        """Wait for the processes; those that do not end by themselves are killed."""
        deadline = time.monotonic() + _SECONDS_TO_END
        processes = self._processes.values()
        while any(each.poll() is None for each in processes) and time.monotonic() < deadline:
            time.sleep(0.01)
        for process in processes:
            process.kill()
            process.wait()

    def _obituary(self, rank: int) -> str:
        code = self._processes[rank].returncode
        if code is not None and code < 0:
            return f"rank {rank} was killed by {signal.Signals(-code).name}"
        text = _errors(self.place, rank).read_text(encoding="utf-8", errors="replace")
        return f"rank {rank} ended: {_last_word(text, rank) or f'exit code {code}'}"


def _last_word(errors: str, rank: int) -> str:
    """What a process said of its end: our own message, or the last line of a traceback."""
    lines = [line for line in errors.splitlines() if line.strip()]
    own = [line for line in lines if line.startswith(f"rank {rank}: ") or ": error[" in line]
    return next(iter(own or lines[-1:]), "").removeprefix(f"rank {rank}: ")


@contextmanager
def open_ranks(
    place: Place | None, size: int, arguments: Sequence[str]
) -> Generator[Ranks, None, None]:
    """All ranks of a run, started if nobody else has, until the block ends.

    Args:
        place: this process's, if torchrun gave it one.
        size: ranks, this one included.
        arguments: what `trainsmith` is called with in each of the others.

    Yields:
        The processes that were started; their `place` is that of this one.
    """
    if place or size == 1:
        yield Ranks(place or ALONE, {})
        return
    with _local_ranks(size, arguments) as ranks:
        yield ranks


@contextmanager
def _local_ranks(size: int, arguments: Sequence[str]) -> Generator[Ranks, None, None]:
    with tempfile.TemporaryDirectory(prefix="trainsmith-") as name:
        folder = Path(name)
        place = Place(0, size, 0, size, folder)
        processes: dict[int, subprocess.Popen[bytes]] = {}
        ranks = Ranks(place, processes)
        try:
            for rank in range(1, size):
                with _errors(place, rank).open("wb") as errors:
                    processes[rank] = subprocess.Popen(
                        [sys.executable, "-m", "trainsmith", *arguments],
                        env={**os.environ, **_environment(rank, size, folder)},
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=errors,
                    )
            yield ranks
        finally:
            ranks.end()


def _environment(rank: int, size: int, folder: Path) -> dict[str, str]:
    return {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_RANK": str(rank),
        "LOCAL_WORLD_SIZE": str(size),
        _RENDEZVOUS: str(folder),
    }


def _errors(place: Place, rank: int) -> Path:
    assert place.rendezvous
    return place.rendezvous / f"rank-{rank}.stderr"
