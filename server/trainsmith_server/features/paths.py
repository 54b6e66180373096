"""Paths: the folder that is written so far, its matching entries, and the nearest names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from trainsmith_server.features.cursor import ValuePlace
from trainsmith_server.yaml.tree import Span

YAML = (".yaml", ".yml")
_SIMILAR = 0.6
"""The similarity of names, from 0 to 1, above which one may be meant by the other."""
_NEEDS_QUOTES = re.compile(r"[^\w./+@=~()-]")


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A file or a folder in a folder."""

    name: str
    kind: Literal["file", "folder"]
    document: str | None = None
    """The kind of our document that a file is, such as `model`; `None` for other files."""


ListFolder = Callable[[str], Iterable[FolderEntry]]
"""Lists a folder by its path as written in the document."""


@dataclass(frozen=True, slots=True)
class PathPart:
    """The part of a path that is being written: a name after the last slash."""

    folder: str
    span: Span


def part_at(text: str, offset: int, place: ValuePlace) -> PathPart | None:
    """The part of a path at an offset; `None` outside its quotes."""
    start, end = place.span
    if place.quote:
        start += 1
        if end > start and text[end - 1] == place.quote:
            end -= 1
    if not start <= offset <= end:
        return None
    cut = text.rfind("/", start, offset) + 1 or start
    after = text.find("/", offset, end)
    return PathPart(text[start:cut], (cut, end if after < 0 else after))


_NAMED = {"model_config": "model", "multihost_config": "multihost"}
"""The kind of document that a key names; other keys name files that are not ours."""


def fitting(
    entries: Iterable[FolderEntry], key: str, path_to: str | None, *, quoted: bool
) -> list[FolderEntry]:
    """The entries that a value can name: files first, those of the named kind before others.

    Model files are YAML; for a folder, there are no files. Names that need quotes in YAML are left
    out, unless the value has quotes.

    Args:
        entries: the entries of a folder.
        key: the key that names one of them.
        path_to: whether it names a file or a folder.
        quoted: whether the value has quotes.
    """
    wanted = _NAMED.get(key)
    found = [
        entry
        for entry in entries
        if (entry.kind == "folder" or (path_to == "file" and _fits(entry, wanted)))
        and not entry.name.startswith(".")
        and (quoted or not _NEEDS_QUOTES.search(entry.name))
    ]
    return sorted(
        found, key=lambda entry: (entry.kind != "file", entry.document != wanted, entry.name)
    )


def _fits(entry: FolderEntry, wanted: str | None) -> bool:
    if entry.document not in (None, wanted):
        return False
    return wanted is None or entry.name.endswith(YAML)


def nearby(written: str, key: str, list_folder: ListFolder) -> tuple[str, ...]:
    """The paths that may be meant by one at which there is no file, most likely first.

    They are in the same folder and have similar names. If there are none, it is the only file of
    the kind that the key names.
    """
    folder, slash, name = written.rpartition("/")
    there = fitting(list_folder(folder + slash), key, "file", quoted=False)
    files = [entry for entry in there if entry.kind == "file"]
    near = get_close_matches(name, [entry.name for entry in files], cutoff=_SIMILAR)
    named = [entry.name for entry in files if entry.document and entry.document == _NAMED.get(key)]
    only = named if len(named) == 1 else []
    return tuple(folder + slash + one for one in near or only)
