"""Links that lead in a circle, and folders too deep for Python's own functions."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from trainsmith_system.reading import RefusedFileError


def resolved(path: Path) -> Path:
    """The absolute path without links; what does not exist is kept as it is.

    Raises:
        RefusedFileError: its links lead in a circle, or no file can have its name.
    """
    try:
        return path.resolve()
    except RuntimeError:  # Until Python 3.12; later versions keep such a link as it is.
        raise RefusedFileError(path, "it is a link that leads back to itself") from None
    except ValueError:  # A NUL or half a surrogate pair.
        raise RefusedFileError(path, "its name cannot be a file's name") from None


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths are the same place; `False` if one cannot be resolved."""
    try:
        return resolved(one) == resolved(other)
    except OSError:
        return False


def walk(top: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Each folder in a tree, with the names of the folders and of the files in it.

    As with `os.walk`, which is recursive until Python 3.11, links to folders are not entered, nor
    are folders that the caller removes from the names.
    """
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        below, files = _entries(folder)
        yield folder, below, files
        waiting += (folder / name for name in reversed(below))


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    """The names of the folders, and of everything else, in a folder; none if it is unreadable."""
    folders: list[str] = []
    files: list[str] = []
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for entry in entries:
            (folders if _is_folder(entry) else files).append(entry.name)
    return folders, files


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it. Links are removed, and their targets stay.

    `shutil.rmtree` is recursive, so a stranger's folder can be too deep for it. Here, a folder is
    moved up before it is emptied, so neither the depth nor the length of a path has a limit.

    Raises:
        OSError: it is a link, or something in it cannot be removed.
    """
    if not _is_folder(folder):
        raise RefusedFileError(folder, "it is not a folder, or a link to one")
    while below := _emptied(folder):
        for place in below:
            for inner in _emptied(place):
                inner.replace(folder / secrets.token_hex(16))
            place.rmdir()
    folder.rmdir()


def _emptied(folder: Path) -> list[Path]:
    """Remove all but the folders from a folder, and return these."""
    with os.scandir(folder) as entries:
        found = list(entries)
    below: list[Path] = []
    for entry in found:
        if _is_folder(entry):
            below.append(Path(entry.path))
        else:
            Path(entry.path).unlink()
    return below


def _is_folder(entry: os.DirEntry[str] | Path) -> bool:
    """Whether it is a folder and no link. A junction, which Windows calls a folder, is a link."""
    status = entry.lstat() if isinstance(entry, Path) else entry.stat(follow_symlinks=False)
    return stat.S_ISDIR(status.st_mode) and getattr(status, "st_reparse_tag", 0) != _JUNCTION


_JUNCTION: int = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)
