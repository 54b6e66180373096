"""How a document writes the path of a file that gets another name."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import relpath

_PLAIN = re.compile(r"[\w.$@+~/\\][\w .$@+~/\\{}-]*(?<! )")
"""Names that need no quotes and escape nothing, in any style of YAML's."""


def respelled(written: str, old: Path, new: Path, folder: Path) -> str | None:
    """A path in a document after its file has moved; `None` where it cannot be written so.

    Args:
        written: the path as it stands in the document.
        old: the file that it means.
        new: where the file will be.
        folder: the folder of the document.
    """
    spelled = _respelled(written, old, new, folder)
    return spelled if spelled is not None and _PLAIN.fullmatch(spelled) else None


def _respelled(written: str, old: Path, new: Path, folder: Path) -> str | None:
    if old.parent == new.parent and written.endswith(old.name):
        return written.removesuffix(old.name) + new.name
    if "$" in written:
        return None  # The variable's own value is not ours to write.
    if PurePosixPath(written).is_absolute():
        return new.as_posix()
    base = _base(PurePosixPath(written), old)
    if base is not None and base in new.parents:
        return new.relative_to(base).as_posix()
    return relpath(new.as_posix(), folder.as_posix())


def _base(written: PurePosixPath, old: Path) -> Path | None:
    """The folder from which a path leads to a file without going up."""
    parts = written.parts
    if old.parts[-len(parts) :] != parts:
        return None
    return Path(*old.parts[: -len(parts)])
