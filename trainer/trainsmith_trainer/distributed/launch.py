"""Starting the ranks of a run on this machine, and watching them.

`torchrun` may start the ranks. Without it, rank 0 starts the others on its own machine, by forking
where that is safe: a fork does not import the tensor library or read the data again.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol

from trainsmith_system.children import start_python
from trainsmith_system.reading import open_regular
from trainsmith_trainer.distributed.rank import (
    ALONE,
    EXIT_PEER_LOST,
    RENDEZVOUS,
    LostRankError,
    RankInfo,
)

_LAST_BYTES = 65_536
"""Of what a rank wrote to standard error; its last message is in there."""
_MOST_CALLS = 4
"""Of a crashed process, the last ones."""
_SECONDS_TO_DIE = 5.0
"""The most time between a broken connection and the exit of the process that broke it."""
_SECONDS_TO_END = 1.0
"""How long ranks above 0 may take to exit; they write no files, so killing them is safe."""


class Process(Protocol):
    """A started process, with the part of `subprocess.Popen` that is used here."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def poll(self) -> int | None:
        """Its exit code, negative for the signal that killed it; `None` while it runs."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        ...


@dataclass
class Fork:
    """A process that was forked from this one."""

    pid: int
    _code: int | None = field(default=None, init=False)

    @staticmethod
    def start(body: Callable[[], int], errors: Path) -> Fork:
        """Fork this process.

        Args:
            body: what the child runs; its result is the exit code.
            errors: the file for the child's standard error.
        """
        pid = os.fork()
        if pid == 0:
            _run_child(body, errors)
        return Fork(pid)

    def poll(self) -> int | None:
        """See `Process`."""
        return self._ask(os.WNOHANG)

    def kill(self) -> None:
        """See `Process`."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """See `Process`."""
        code = self._ask(0)
        assert code is not None
        return code

    def _ask(self, options: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, options)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code


def _run_child(body: Callable[[], int], errors: Path) -> NoReturn:
    """Run a forked process to its exit. It does not touch anything that its parent has opened."""
    code = 1
    try:
        writes = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        for descriptor, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, os.devnull, os.O_WRONLY),
            (2, errors, writes),
        ):
            os.dup2(os.open(path, flags), descriptor)
        code = body()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class Ranks:
    """The processes that rank 0 has started; none for a single rank or under `torchrun`."""

    def __init__(self, rank_info: RankInfo, processes: Mapping[int, Process]) -> None:
        self.rank_info = rank_info
        self._processes = processes

    def wait_until_announced(self) -> None:
        """Wait until every rank is about to join, so that joining itself is quick.

        Raises:
            LostRankError: a rank exited instead.
        """
        waiting = set(self._processes)
        while waiting:
            waiting = {rank for rank in waiting if not self.rank_info.announced(rank)}
            for rank in waiting:
                if self._processes[rank].poll() is not None:
                    raise LostRankError(self._cause_of_exit(rank))
            time.sleep(0.01)

    def name_the_lost(self, error: LostRankError) -> LostRankError:
        """The error with the rank that exited, and why; unchanged if every rank is running."""
        deadline = time.monotonic() + _SECONDS_TO_DIE
        while self._processes and time.monotonic() < deadline:
            # A rank that exited because it lost another one is not the cause.
            for rank, process in self._processes.items():
                if process.poll() not in (None, EXIT_PEER_LOST):
                    return LostRankError(self._cause_of_exit(rank), advice=error.advice)
            time.sleep(0.05)
        return error

    def kill(self) -> bool:
        """End the processes at once, from any thread; this one then loses them.

        Returns:
            Whether there were any.
        """
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        return bool(self._processes)

    def end(self) -> None:
        """Wait for the processes, and kill those that do not exit by themselves."""
        deadline = time.monotonic() + _SECONDS_TO_END
        processes = self._processes.values()
        while any(each.poll() is None for each in processes) and time.monotonic() < deadline:
            time.sleep(0.01)
        for process in processes:
            process.kill()
            process.wait()

    def _cause_of_exit(self, rank: int) -> str:
        code = self._processes[rank].poll()
        text = _end_of(_errors(self.rank_info, rank)).decode("utf-8", "replace")
        if code is not None and code < 0:
            return f"rank {rank} was killed by {signal.Signals(-code).name}{_place(text)}"
        return f"rank {rank} exited: {_last_message(text, rank) or f'exit code {code}'}"


def _end_of(path: Path) -> bytes:
    """The last part of what a rank wrote, which may be long."""
    with open_regular(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST_BYTES))
        return file.read(_LAST_BYTES)


_CALL = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<name>.+)$', re.MULTILINE)
"""A line of the report that `faulthandler` writes when a process crashes."""


def _place(errors: str) -> str:
    """Where a process crashed: its last calls; nothing if it did not say."""
    calls = [
        f"{each['name']} ({Path(each['file']).name}, line {each['line']})"
        for each in _CALL.finditer(errors.rpartition("Fatal Python error: ")[2])
    ]
    return f" in {', called by '.join(calls[:_MOST_CALLS])}" if calls else ""


def _last_message(errors: str, rank: int) -> str:
    """Why a process exited: our own message, or the last line of a traceback."""
    lines = [line for line in errors.splitlines() if line.strip()]
    own = [line for line in lines if line.startswith(f"rank {rank}: ") or ": error[" in line]
    return next(iter(own or lines[-1:]), "").removeprefix(f"rank {rank}: ")


@contextmanager
def open_ranks(
    rank_info: RankInfo | None,
    size: int,
    timeout: float,
    arguments: Sequence[str],
    body: Callable[[RankInfo], int] | None = None,
) -> Generator[Ranks, None, None]:
    """Start the other ranks of a run, unless `torchrun` did, and end them with the block.

    Args:
        rank_info: this process's, if `torchrun` assigned one.
        size: the number of ranks, including this one.
        timeout: how many seconds a rank waits for another one.
        arguments: the arguments of `trainsmith` for each of the other ranks.
        body: what each of them runs as a fork of this process instead, where forking is safe.

    Yields:
        The started processes; their `rank_info` is that of this process.
    """
    if rank_info or size == 1:
        yield Ranks(rank_info or ALONE, {})
        return
    with tempfile.TemporaryDirectory(prefix="trainsmith-") as name:
        folder = Path(name)
        processes: dict[int, Process] = {}
        ranks = Ranks(RankInfo(0, size, 0, size, folder, timeout), processes)
        try:
            for rank in range(1, size):
                other = RankInfo(rank, size, rank, size, folder, timeout)
                processes[rank] = _fork(other, body) if body else _command(other, arguments)
            yield ranks
        finally:
            ranks.end()


def _fork(rank_info: RankInfo, body: Callable[[RankInfo], int]) -> Process:
    return Fork.start(lambda: body(rank_info), _errors(rank_info, rank_info.rank))


def _command(rank_info: RankInfo, arguments: Sequence[str]) -> Process:
    with _errors(rank_info, rank_info.rank).open("wb") as errors:
        environment = {**os.environ, **_environment(rank_info)}
        # Its recipe has paths that are relative to this folder.
        return start_python(
            "trainsmith",
            arguments,
            errors=errors,
            folder=Path.cwd(),
            environment=environment,
        )


def _environment(rank_info: RankInfo) -> dict[str, str]:
    return {
        "RANK": str(rank_info.rank),
        "WORLD_SIZE": str(rank_info.size),
        "LOCAL_RANK": str(rank_info.local_rank),
        "LOCAL_WORLD_SIZE": str(rank_info.local_size),
        RENDEZVOUS: str(rank_info.rendezvous),
    }


def _errors(rank_info: RankInfo, rank: int) -> Path:
    assert rank_info.rendezvous
    return rank_info.rendezvous / f"rank-{rank}.stderr"
