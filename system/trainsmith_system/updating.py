"""Files that several processes change, each of which keeps what the others wrote."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from trainsmith_system.lock import HeldError, hold
from trainsmith_system.reading import read_bytes
from trainsmith_system.writing import link_target, open_to_append, replace_file

Change = Callable[[bytes], bytes]

_WAIT = 0.02
_PATIENCE = 30.0
"""Seconds. A change takes milliseconds."""


def update_file(path: Path, limit: int, change: Change, *, lock: Path) -> None:
    """Change a file; two processes that use the same lock cannot lose each other's changes.

    Other programs do not know the lock. What they save while the change is computed is kept, too:
    text is only ever appended, or replaced if the file is still the one that was read.

    Args:
        path: the file, which need not exist.
        limit: the most bytes that are read of it.
        change: returns the new content of the old one. It may be called more than once.
        lock: the file that is locked meanwhile. It is created, and remains; where that cannot be,
            nothing is locked.

    Raises:
        TimeoutError: another process holds the lock, or saves the file again and again.
        OSError: the file cannot be read or written; it is unchanged.
    """
    with ExitStack() as stack:
        _until(lambda: _is_alone(stack, lock))
        path = link_target(path)
        _until(lambda: _changed(path, limit, change))


def _until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not happens():
        if time.monotonic() > deadline:
            raise TimeoutError(0, "another process has been changing it for too long")
        time.sleep(_WAIT)


def _is_alone(stack: ExitStack, lock: Path) -> bool:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        stack.enter_context(hold(lock))
    except HeldError:
        return False
    except OSError:  # A user without a folder for caches gets notes, too.
        return True
    return True


def _changed(path: Path, limit: int, change: Change) -> bool:
    """Whether the file was changed, which fails if another program saved it meanwhile."""
    before = _content(path, limit)
    after = change(before)
    if after.startswith(before):
        with open_to_append(path) as file:
            file.write(after[len(before) :])
        return True
    if _content(path, limit) != before:
        return False
    replace_file(path, after)
    return True


def _content(path: Path, limit: int) -> bytes:
    return read_bytes(path, limit, follow_links=False) if path.exists() else b""
