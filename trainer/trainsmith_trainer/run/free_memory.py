"""How much memory this machine has left, without a tensor library."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from trainsmith_system.reading import RefusedFileError, read_bytes

_MEMINFO = Path("/proc/meminfo")
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")

_LONGEST = 1 << 16
"""Bytes of such a file; real ones have a few thousand."""


@dataclass(frozen=True)
class Free:
    """Memory that a run could take, in bytes."""

    size: int
    on_gpu: bool


def free_memory(backend: str | None, devices: int) -> Free | None:
    """The free memory of the devices that would train; `None` if it is not known.

    Args:
        backend: the tensor library's name.
        devices: how many ranks there are. On a GPU, the answer is that of the fullest one.
    """
    if backend not in (None, "torch", "numpy"):
        return None  # It computes on devices of its own.
    gpus = _free_on_gpus() if backend == "torch" and _may_use_gpus() else []
    if len(gpus) >= devices:
        return Free(min(gpus[:devices]), on_gpu=True)
    left = _free_ram()
    return None if left is None else Free(left, on_gpu=False)


def _may_use_gpus() -> bool:
    """Whether the installed PyTorch is not the one for CPUs alone."""
    try:
        return not version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def _free_ram() -> int | None:
    """What Linux can provide, within the limit of a container."""
    try:
        lines = _text(_MEMINFO).splitlines()
    except (OSError, RefusedFileError):
        return None
    fields: Mapping[str, str] = dict(line.split(":", 1) for line in lines)
    if "MemAvailable" not in fields:  # Some containers make this file up.
        return None
    available = int(fields["MemAvailable"].split()[0]) * 1024
    try:
        limit = int(_text(_LIMIT)) - int(_text(_USED))
    except (OSError, RefusedFileError, ValueError):  # No container, or `max`.
        return available
    return max(0, min(available, limit))


def _text(path: Path) -> str:
    return read_bytes(path, _LONGEST).decode("ascii")


class _Sizes(ctypes.Structure):
    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def _free_on_gpus() -> list[int]:
    """The free memory of each NVIDIA GPU, from the driver's library NVML; empty without one."""
    try:
        driver = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return []
    found: list[int] = []
    if driver.nvmlInit_v2():
        return found
    count = ctypes.c_uint()
    driver.nvmlDeviceGetCount_v2(ctypes.byref(count))
    for index in range(count.value):
        device, sizes = ctypes.c_void_p(), _Sizes()
        if driver.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)):
            break
        if driver.nvmlDeviceGetMemoryInfo(device, ctypes.byref(sizes)):
            break
        found.append(sizes.free)
    driver.nvmlShutdown()
    return found
