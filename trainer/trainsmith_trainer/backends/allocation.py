"""Keeping the memory of freed tensors in the process."""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Constants of glibc's `malloc.h`."""
_KEPT = 1 << 30


def keep_freed_memory() -> None:
    """Keep freed memory in this process, because the next step needs it again.

    glibc returns large blocks to the system, which fills every page with zeros before it provides
    it again: 5 to 7 % of a step. Other C libraries are not changed.
    """
    if "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", {}):
        return
    library = ctypes.CDLL(None)
    library.mallopt(_MMAP_THRESHOLD, _KEPT)
    library.mallopt(_TRIM_THRESHOLD, _KEPT)
