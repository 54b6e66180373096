"""The files that open documents name: where they are, and what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pygls.uris import from_fs_path, to_fs_path

from trainsmith_server.session import Session

if TYPE_CHECKING:
    from trainsmith_server.analysis.result import Analysis
    from trainsmith_server.features.paths import FolderEntry

_VARIABLE = re.compile(r"\$\{?(TT_METAL_RUNTIME_ROOT|TT_METAL_HOME)\b\}?")
"""What tt-train expands in paths. Other variables are none of our business."""
_MOST_ENTRIES = 1000
"""How much of a folder is looked at while somebody types."""
_LARGEST = 1_000_000
"""Bytes; a model file has a few hundred."""


@dataclass(frozen=True, slots=True)
class _Read:
    stamp: tuple[int, int]
    """When the file was written, in nanoseconds, and its size."""
    analysis: Analysis | None


class Files:
    """Files on the disk, with what is open in the editor laid over them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[Path, _Read] = {}
        self._named: dict[str, frozenset[Path]] = {}
        self.folders: tuple[Path, ...] = ()
        """The folders of the workspace."""

    def find(self, uri: str, written: str) -> Path | None:
        """The file that a document means by a path, as the trainer would find it.

        It is looked for beside the document first, then in the workspace folder around it, which
        is the working directory of Run Training.
        """
        expanded = _expand(written)
        if expanded is None:
            return None
        for folder in self._bases(uri):
            path = Path(os.path.normpath(folder / expanded))
            try:
                if path.is_file():
                    return path
            except (OSError, ValueError):  # No path at all: too long, or with a null character.
                return None
        return None

    def entries(self, uri: str, written: str) -> list[FolderEntry]:
        """What is in the folders that a document could mean by a path, each name once."""
        found: dict[str, FolderEntry] = {}
        for folder in self.places(uri, written):
            for entry in _scan(folder):
                found.setdefault(entry.name, entry)
        return list(found.values())

    def places(self, uri: str, written: str) -> Iterator[Path]:
        """Everything on the disk that a document could mean by a path, whether it is there."""
        expanded = _expand(written)
        if expanded is not None:
            yield from (folder / expanded for folder in self._bases(uri))

    def models(self, *analyses: Analysis) -> dict[str, Analysis]:
        """The model files that documents name, by their path as it is written there."""
        paths = self._model_paths(analyses)
        return {name: model for name, path in paths.items() if (model := self._analysis(path))}

    def follow(self, uri: str, parts: Sequence[Analysis]) -> None:
        """Note which model files an open document names, so that `naming` finds it."""
        self._named[uri] = frozenset(self._model_paths(parts).values())

    def _model_paths(self, analyses: Iterable[Analysis]) -> dict[str, Path]:
        from trainsmith_server.features.references import model_references

        named = {(one.uri, found.written) for one in analyses for found in model_references(one)}
        return {name: path for uri, name in named if (path := self.find(uri, name))}

    def naming(self, uri: str) -> list[str]:
        """The open documents that name a file."""
        path = _path(uri)
        return [
            other
            for other, named in self._named.items()
            if path in named and other != uri and self._session.is_open(other)
        ]

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._named.pop(uri, None)

    def _bases(self, uri: str) -> Iterator[Path]:
        path = _path(uri)
        if path:
            yield path.parent
            yield from (folder for folder in self.folders if folder in path.parents[1:])

    def _analysis(self, path: Path) -> Analysis | None:
        """What a file says: as it is in the editor, or else on the disk."""
        for uri in self._session.uris():
            if _path(uri) == path:
                return self._session.analysis(uri)
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._read.get(path)
            if known is None or known.stamp != stamp:
                known = self._read[path] = _Read(stamp, _analyze(path, status.st_size))
        except (OSError, UnicodeDecodeError):
            return None
        return known.analysis


def _expand(written: str) -> str | None:
    """A path with its variables filled in; `None` where one is not set."""
    try:
        return _VARIABLE.sub(lambda found: os.environ[found[1]], written)
    except KeyError:
        return None


def _path(uri: str) -> Path | None:
    """The path of a document, unless it is not a file, such as an untitled one."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None


def _analyze(path: Path, size: int) -> Analysis | None:
    from trainsmith_server.analysis.analyze import analyze

    if size > _LARGEST:
        return None
    return analyze(path.read_text(encoding="utf-8-sig"), from_fs_path(str(path)) or "")


def _scan(folder: Path) -> list[FolderEntry]:
    """What is in a folder; nothing where there is no such folder."""
    from trainsmith_server.features.paths import FolderEntry

    try:
        with os.scandir(folder) as entries:
            return [
                FolderEntry(entry.name, "folder" if entry.is_dir() else "file")
                for entry in islice(entries, _MOST_ENTRIES)
            ]
    except (OSError, ValueError):
        return []
