"""What was read from files, each read again only when it has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

_T = TypeVar("_T")


class FileCache(Generic[_T]):
    """What a function makes of files, kept until a file has another time or size."""

    def __init__(self, read: Callable[[Path, int], _T]) -> None:
        self._read = read
        """Takes a path and the size of the file in bytes."""
        self._known: dict[Path, tuple[tuple[int, int], _T]] = {}
        """When each file was written, in nanoseconds, its size, and what it says."""

    def get(self, path: Path) -> _T:
        """What a file says now.

        Raises:
            OSError: it is not there, or cannot be read. What else `read` raises comes through too,
                and is not kept.
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
