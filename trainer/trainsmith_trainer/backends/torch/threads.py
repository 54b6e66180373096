"""How many threads a run should compute with."""

from __future__ import annotations

import os
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def sensible_threads(processes: int = 1) -> int:
    """One for each physical core that this process may use; `OMP_NUM_THREADS` takes precedence.

    Threads that share a core slow each other down, and threads beyond a container's quota make
    every barrier wait for the scheduler.

    Args:
        processes: how many share the cores.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    allowed = _allowed_cpus()
    cores = {_core(cpu) for cpu in allowed}
    return max(1, min(len(cores), _quota(default=len(cores))) // processes)


def _allowed_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _core(cpu: int) -> str:
    """The core of a CPU, named by the CPUs that share it; outside Linux, the CPU itself."""
    try:
        return (_CPUS / f"cpu{cpu}/topology/thread_siblings_list").read_text(encoding="ascii")
    except OSError:
        return str(cpu)


def _quota(default: int) -> int:
    """CPUs that a Linux container may use, rounded up."""
    try:
        limit, period = _QUOTA.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return default
    return default if limit == "max" else -(-int(limit) // int(period))
