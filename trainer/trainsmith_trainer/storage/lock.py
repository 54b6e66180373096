"""Whether a process holds a file. When the process ends, however it ends, the system lets go."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

# Where Windows locks a byte: far behind the end, since it would keep others from reading that byte.
_FAR = 1 << 40


class HeldError(Exception):
    """Another process holds the file."""


@contextmanager
def hold(path: Path) -> Generator[None, None, None]:
    """Hold a file, which is made if need be, until the block ends.

    Raises:
        HeldError: another process holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _try_lock(descriptor, exclusive=True):
            raise HeldError(f"{path} is held by another process")
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, exclusive=False)
    finally:
        os.close(descriptor)


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
            return True  # This file system has no locks, so no file is held.
        return True
