"""How a process keeps the memory that its tensors had."""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Names of glibc's `malloc.h`."""
_KEPT = 1 << 30


def keep_freed_memory() -> None:
    """Let this process keep the memory that was freed, for the next step needs it again.

    glibc gives large blocks back to the system, which fills every page with zeros before it hands
    it out again: 5 to 7 % of a step. Other C libraries are left as they are.
    """
    if "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", {}):
        return
    library = ctypes.CDLL(None)
    library.mallopt(_MMAP_THRESHOLD, _KEPT)
    library.mallopt(_TRIM_THRESHOLD, _KEPT)
