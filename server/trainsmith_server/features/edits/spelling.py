"""Rewrites a path in a document after its file was moved or renamed."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import relpath

_PLAIN = re.compile(r"[\w.$@+~/\\][\w .$@+~/\\{}-]*(?<! )")
"""Paths that need neither quotes nor escapes in any style of YAML scalar."""


def respelled(written: str, old: Path, new: Path, folder: Path) -> str | None:
    """The new path of a file that has moved; `None` if it can't be written without quotes.

    Args:
        written: the path as written in the document.
        old: the file that it refers to.
        new: the file's new location.
        folder: the folder of the document.
    """
    spelled = _respelled(written, old, new, folder)
    return spelled if spelled is not None and _PLAIN.fullmatch(spelled) else None


def _respelled(written: str, old: Path, new: Path, folder: Path) -> str | None:
    if old.parent == new.parent and written.endswith(old.name):
        return written.removesuffix(old.name) + new.name
    if "$" in written:
        return None  # The path contains a variable, whose value may change.
    if PurePosixPath(written).is_absolute():
        return new.as_posix()
    base = _base(PurePosixPath(written), old)
    if base is not None and base in new.parents:
        return new.relative_to(base).as_posix()
    return relpath(new.as_posix(), folder.as_posix())


def _base(written: PurePosixPath, old: Path) -> Path | None:
    """The folder that a path without `..` is relative to."""
    parts = written.parts
    if old.parts[-len(parts) :] != parts:
        return None
    return Path(*old.parts[: -len(parts)])
