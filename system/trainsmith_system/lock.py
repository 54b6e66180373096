"""Locks on files. The system releases a lock when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from trainsmith_system.reading import open_regular
from trainsmith_system.writing import open_own

# The byte that Windows locks: far beyond the end, because a locked byte cannot be read.
_FAR = 1 << 40
_TRIES = 4
_SECONDS_BETWEEN = 0.02


class HeldError(Exception):
    """Another process has locked the file."""


@contextmanager
def hold(path: Path) -> Generator[None, None, None]:
    """Lock a file until the block ends; the file is created if it does not exist.

    Raises:
        HeldError: another process has locked it.
        RefusedFileError: it is a link, or not a regular file.
    """
    descriptor = open_own(path, os.O_RDWR)
    try:
        if not _lock_soon(descriptor):
            raise HeldError(f"{path} is locked by another process")
        yield
    finally:
        os.close(descriptor)


def _lock_soon(descriptor: int) -> bool:
    """Lock a file, unless it stays locked: `is_held` locks it for a moment, too."""
    for _ in range(_TRIES):
        if _try_lock(descriptor, exclusive=True):
            return True
        sleep(_SECONDS_BETWEEN)
    return _try_lock(descriptor, exclusive=True)


def is_held(path: Path) -> bool:
    """Whether a process has locked a file."""
    try:
        with open_regular(path, follow_links=False) as file:
            return not _try_lock(file.fileno(), exclusive=False)
    except OSError:
        return False


if os.name == "nt":
    import msvcrt

    def _try_lock(descriptor: int, *, exclusive: bool) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        if not exclusive:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return True

else:
    import fcntl

    def _try_lock(descriptor: int, *, exclusive: bool) -> bool:
        kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
                raise
            return True  # This file system does not support locks.
        return True
