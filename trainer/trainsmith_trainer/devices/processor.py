"""The CPU: its cores, its memory, and whether it computes in bfloat16."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from trainsmith_schemas.runs.device_report import Processor
from trainsmith_system.reading import read_bytes
from trainsmith_system.text import one_line, shortened

_CPUINFO = Path("/proc/cpuinfo")
_MOST = 16 * 2**20
"""A core takes 2 KB of it."""
_BF16 = ("avx512_bf16", "amx_bf16", "bf16", "svebf16")
"""Linux's names of instructions for bfloat16: those of x86, then those of Arm."""


def processor() -> Processor:
    """Look at the processor."""
    lines = _lines()
    flags = f"{lines.get('flags', '')} {lines.get('Features', '')}".split()
    name = lines.get("model name") or platform.processor() or platform.machine()
    return Processor(
        name=shortened(one_line(name), 100) or None,
        cores=_cores(),
        memory=_memory(),
        bf16=[flag for flag in _BF16 if flag in flags],
    )


def _lines() -> dict[str, str]:
    """What Linux says about the first core, by name."""
    try:
        text = read_bytes(_CPUINFO, _MOST).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int | None:
    """Bytes; `None` on Windows, where Python has no function for it."""
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
