"""Variables and patterns in the paths of a document."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from trainsmith_schemas.machines import is_elsewhere

ROOT_VARIABLES = ("TT_METAL_RUNTIME_ROOT", "TT_METAL_HOME")
"""The environment variables for tt-metal's root folder; the second is the older name."""
_VARIABLE = re.compile(rf"\$(?:({'|'.join(ROOT_VARIABLES)})\b|\{{({'|'.join(ROOT_VARIABLES)})\}})")
"""The variables that tt-train expands in paths. All others are left as they are."""


_NO_NAMES = re.compile(r"[/\\\0]")
_ANY_DEPTH = "**"
"""The part of a pattern that matches any folders in between."""
_LONGEST_PATTERN = 4096
"""In characters; no path is longer on Linux, and few are on other systems."""
_LONGEST_PART = 255
"""In characters; no name of a file is longer. Some patterns take quadratic time."""
MOST_PATHS = 1000
"""The most paths and patterns of one key."""


class UnsetVariableError(ValueError):
    """A path contains a variable that is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable `{name}` is not set")
        self.name = name


def expand(written: str, environment: Mapping[str, str]) -> str:
    """Replace the variables in a path by their values.

    Raises:
        UnsetVariableError: a variable is not in the environment.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environment:
            raise UnsetVariableError(name)
        return environment[name]

    return _VARIABLE.sub(value, written)


def is_pattern(path: str) -> bool:
    """Whether a path may match several files: `data/*.txt`, `data/**/*.jsonl`, `part-[0-9]`."""
    return glob.has_magic(path)


def is_file(path: Path) -> bool:
    """Whether a path is a regular file; `False` if it cannot be one, such as an overlong name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_file_name(text: str) -> bool:
    """Whether a text can be the name of a file or folder, and is no path that leads elsewhere."""
    return text not in ("", ".", "..") and not _NO_NAMES.search(text)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; `False` if it cannot be one, as for `is_file`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


class TooManyEntriesError(Exception):
    """A pattern covers more entries of folders than may be searched."""

    def __init__(self, searched: int) -> None:
        super().__init__(f"{searched:,} entries of folders were searched")
        self.searched = searched


class Search:
    """Lists folders, up to a number of entries in all of them together.

    The number is a count and not a time, so a search has the same result on every machine.
    """

    def __init__(self, most: int, homes: Iterable[Path] | None = None) -> None:
        """Begin a search.

        Args:
            most: the number of entries.
            homes: the user's folders; paths on other machines than theirs are not looked at.
                Without them, all machines are searched.
        """
        self._most = self._left = most
        self._homes = None if homes is None else tuple(map(str, homes))

    def may_enter(self, path: str | Path) -> bool:
        """Whether an absolute path may be looked at."""
        return self._homes is None or not is_elsewhere(str(path), self._homes)

    def entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        """The entries of a folder; none if it cannot be read.

        Raises:
            TooManyEntriesError: there are more entries than may still be searched.
        """
        self._count()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._count()
                    yield entry
        except (OSError, ValueError):
            return

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooManyEntriesError(self._most)


def files_at(folder: Path, written: str, search: Search) -> list[Path]:
    """The file at a path, or else the files that match it as a pattern, sorted by name.

    `**` matches any number of folders. Names that begin with a dot are skipped.

    Args:
        folder: the folder that a relative path is relative to.
        written: the path or pattern.
        search: lists folders.

    Raises:
        TooManyEntriesError: the pattern covers too many entries of folders.
    """
    return sorted(set(_files(folder, written, search)))


def any_file_at(folder: Path, written: str, search: Search) -> bool:
    """Whether `files_at` finds a file; the search ends at the first one.

    The arguments and errors are those of `files_at`.
    """
    return any(True for _ in _files(folder, written, search))


def _files(folder: Path, written: str, search: Search) -> Iterator[Path]:
    if search.may_enter(folder / written) and is_file(folder / written):
        yield folder / written
    elif not written.endswith(("/", os.sep)):  # Such a pattern matches folders only.
        yield from filter(is_file, _matching(folder, written, search, enters_links=True))


def unlinked_paths_at(folder: Path, pattern: str, search: Search) -> list[Path]:
    """The files and folders that match a pattern, sorted by name. No linked folder is entered.

    The arguments and errors are those of `files_at`.
    """
    return sorted(set(_matching(folder, pattern, search, enters_links=False)))


def _matching(folder: Path, written: str, search: Search, *, enters_links: bool) -> Iterator[Path]:
    """The files and folders that match a pattern, some perhaps more than once."""
    if not is_pattern(written) or len(written) > _LONGEST_PATTERN:
        return
    pattern = Path(written)
    start, parts = str(folder), list(pattern.parts)
    if pattern.anchor:
        start, parts = pattern.anchor, parts[1:]
    if max(map(len, parts), default=0) > _LONGEST_PART:
        return
    found = _matches(start, _without_repetitions(parts), search, enters_links=enters_links)
    yield from map(Path, found)


def _without_repetitions(parts: Sequence[str]) -> list[str]:
    """Repeated, `**` matches the same as once."""
    pairs = zip(["", *parts], parts, strict=False)
    return [part for before, part in pairs if not before == part == _ANY_DEPTH]


def _matches(
    start: str, parts: Sequence[str], search: Search, *, enters_links: bool
) -> Iterator[str]:
    """The paths below a folder whose parts match."""
    waiting, matcher = [(start, 0)], cache(_matcher)
    while waiting:
        place, at = waiting.pop()
        if not search.may_enter(place):
            continue
        if at == len(parts):
            yield place
            continue
        part, is_last = parts[at], at == len(parts) - 1
        if part == _ANY_DEPTH:
            if not is_last:
                waiting.append((place, at + 1))
            for entry in search.entries(place):
                if entry.name.startswith(".") or (not enters_links and _is_linked_folder(entry)):
                    continue
                if is_last:
                    yield entry.path
                if _is_folder(entry):
                    waiting.append((entry.path, at))
        elif is_pattern(part):
            fits = matcher(part)
            for entry in search.entries(place):
                hidden = entry.name.startswith(".") and not part.startswith(".")
                if not enters_links and _is_linked_folder(entry):
                    continue
                if hidden or not fits(os.path.normcase(entry.name)):
                    continue
                if is_last:
                    yield entry.path
                else:
                    waiting.append((entry.path, at + 1))
        else:
            waiting.append((os.path.join(place, part), at + 1))  # noqa: PTH118


def _matcher(part: str) -> Callable[[str], re.Match[str] | None]:
    """Returns a match for the names that match a part of a pattern."""
    return re.compile(fnmatch.translate(os.path.normcase(part))).match


def _is_linked_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and _is_folder(entry)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
