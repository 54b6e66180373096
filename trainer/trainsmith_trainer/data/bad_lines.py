"""Malformed lines of data files: they are skipped, or they prevent a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from trainsmith_trainer.data.cache_entry import LeftOut
from trainsmith_trainer.data.segments import BadLine
from trainsmith_trainer.errors import RunError

_SHOWN = 5


class BadLines:
    """The malformed lines that were found so far."""

    def __init__(self, key_of: Callable[[Path], str], *, skip: bool) -> None:
        """Begin without any.

        Args:
            key_of: the key of the recipe that names a file.
            skip: whether the recipe skips such lines.
        """
        self._key_of = key_of
        self._skip = skip
        self._first: dict[Path, BadLine] = {}
        self._counts: dict[Path, int] = {}
        self._shown: list[BadLine] = []

    def report(self, bad: BadLine) -> None:
        """Note a line.

        Raises:
            RunError: the recipe does not skip such lines, and there are enough to show.
        """
        self._first.setdefault(bad.path, bad)
        self._counts[bad.path] = self._counts.get(bad.path, 0) + 1
        if not self._skip:
            self._shown.append(bad)
            if len(self._shown) == _SHOWN:
                self.refuse()

    def refuse(self) -> None:
        """Raise an error for the lines so far, unless the recipe skips them."""
        if self._shown:
            raise RunError(
                "; ".join(map(str, self._shown)),
                advice="fix these lines, or skip such lines with `skip_bad_lines: true`",
                config_path=self._key_of(self._shown[0].path),
            )

    def left_out(self, paths: Sequence[Path]) -> tuple[LeftOut, ...]:
        """What was skipped in each file."""
        places = {path: at for at, path in reversed(list(enumerate(paths)))}
        return tuple(
            LeftOut(places[path], count, self._first[path].line, self._first[path].why)
            for path, count in self._counts.items()
        )
