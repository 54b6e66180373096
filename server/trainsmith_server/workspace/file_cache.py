"""A cache of file contents; a file is read again only after it has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

_T = TypeVar("_T")


class FileCache(Generic[_T]):
    """The results of reading files, kept until a file's time or size changes."""

    def __init__(self, read: Callable[[Path, int], _T]) -> None:
        self._read = read
        """Takes a path and the size of the file in bytes."""
        self._known: dict[Path, tuple[tuple[int, int], _T]] = {}
        """Each file's modification time in nanoseconds, its size, and the result of reading it."""

    def get(self, path: Path) -> _T:
        """The current result for a file.

        Raises:
            OSError: the file does not exist, or can't be read. Other exceptions of `read` are
                passed on and not cached.
        """
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, self._read(path, status.st_size))
        return known[1]

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
