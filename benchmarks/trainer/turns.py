"""Training in turns: a process trains some steps, prints how long they took, and waits.

The processes that are compared run side by side but never compute at the same time, so the
machine's load is about the same for all of them in each round.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MARK = "turn "


class Turns:
    """The side of the process that trains. Its first turn is one step."""

    def __init__(self) -> None:
        self._left = 1
        self._began = _now()

    def step_done(self) -> None:
        """Call this after each step. At the end of a turn, it returns when the next turn begins."""
        self._left -= 1
        if self._left:
            return
        wall, cpu = (now - before for now, before in zip(_now(), self._began, strict=True))
        print(f"{_MARK}{wall} {cpu}", flush=True)
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        self._left = int(line)
        self._began = _now()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


@dataclass(frozen=True)
class Turn:
    """How long a turn took, in seconds."""

    wall: float
    cpu: float
    """Of all threads. With one thread, it is the time of the turn on an idle machine."""


@dataclass(frozen=True)
class Usage:
    """The resources that a process has used so far."""

    cpu: float
    """Seconds, of all its threads."""
    memory: float
    """MiB at its peak."""


class Trainee:
    """The other side: starts a process that trains, and begins its turns."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        # A file, since a progress bar would fill a pipe that is not read.
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Trainee:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def wait(self) -> Turn:
        """Wait for the end of a turn."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(_MARK):
                return Turn(*map(float, line.removeprefix(_MARK).split()))
        self._errors.seek(0)
        raise RuntimeError(f"the process ended:\n{self._errors.read()}")

    def take(self, steps: int) -> Turn:
        """Let the process train some steps, and wait for the end of the turn."""
        assert self._process.stdin
        self._process.stdin.write(f"{steps}\n")
        self._process.stdin.flush()
        return self.wait()

    def usage(self) -> Usage:
        """The resources used so far, from Linux's /proc."""
        process = Path("/proc") / str(self._process.pid)
        fields = (process / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        status = (process / "status").read_text(encoding="ascii")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return Usage(ticks / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024)
