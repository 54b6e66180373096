"""Whether the memory of freed tensors stays in the process."""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Constants of glibc's `malloc.h`."""
_KEPT, _RETURNED = 1 << 30, 1 << 17
RETURNS = "TRAINSMITH_RETURN_FREED_MEMORY"
"""A variable of the environment, so that ranks that this process starts know it too."""


def keep_freed_memory() -> None:
    """Keep freed memory in this process, because the next step needs it again.

    glibc returns large blocks to the system, which fills every page with zeros before it provides
    it again: 5 to 7 % of a step. Other C libraries are not changed. The next step does not find a
    place for everything where the last one had it, so the process may take up to twice what it
    needs.
    """
    returns = RETURNS in os.environ
    _set(_MMAP_THRESHOLD, _RETURNED if returns else _KEPT)
    if not returns:
        _set(_TRIM_THRESHOLD, _KEPT)


def return_freed_memory() -> None:
    """Return the memory of large tensors when they are freed: for a run that would hardly fit."""
    os.environ[RETURNS] = "1"
    _set(_MMAP_THRESHOLD, _RETURNED)


def _set(option: int, value: int) -> None:
    if "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {}):
        ctypes.CDLL(None).mallopt(option, value)
