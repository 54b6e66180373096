"""A cache of file contents; a file is read again only after it has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Known(Generic[_T]):
    stamp: tuple[int, int]
    """The file's modification time in nanoseconds, and its size in bytes."""
    result: _T


class FileCache(Generic[_T]):
    """The results of reading files, kept until a file's time or size changes.

    Those that were not asked for the longest are dropped first.
    """

    def __init__(
        self,
        read: Callable[[Path, int], _T],
        *,
        most: int = 10_000,
        cost: Callable[[int], int] = lambda _size: 1,
    ) -> None:
        self._read = read
        """Takes a path and the size of the file in bytes."""
        self._cost = cost
        """What it costs to keep the result of a file, by its size in bytes."""
        self._most = most
        """The most that all results may cost."""
        self._known: dict[Path, _Known[_T]] = {}
        """In the order in which they were asked for."""
        self._spent = 0

    def get(self, path: Path) -> _T:
        """The current result for a file.

        Raises:
            OSError: the file does not exist, or can't be read. Other exceptions of `read` are
                passed on and not cached.
        """
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._drop(path)
        if known is None or known.stamp != stamp:
            known = _Known(stamp, self._read(path, status.st_size))
        self._known[path] = known
        self._spent += self._cost(status.st_size)
        while self._spent > self._most:
            self._drop(next(iter(self._known)))
        return known.result

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._spent = 0

    def _drop(self, path: Path) -> _Known[_T] | None:
        known = self._known.pop(path, None)
        if known:
            self._spent -= self._cost(known.stamp[1])
        return known
