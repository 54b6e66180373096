"""From a document's URI to its path and back, and names that are free."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

from trainsmith_server.features.edits.versions import next_version


def path_of(uri: str) -> Path | None:
    """The path of a document; `None` unless it is a file, as for an untitled one."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    """The URI of a file."""
    return from_fs_path(str(path)) or ""


def next_free_version(path: Path) -> Path:
    """A path beside a recipe with the next number that no other file has."""
    names = {entry.name for entry in path.parent.iterdir()} if path.parent.is_dir() else set[str]()
    return path.with_name(next_version(path.name, names))
