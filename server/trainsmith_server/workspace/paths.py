"""Converts between URIs and paths, and finds unused file names."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

from trainsmith_server.features.edits.versions import next_version


def path_of(uri: str) -> Path | None:
    """The path of a document; `None` if it is not a file, such as an untitled document."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path and "\0" not in path else None


def uri_of(path: Path) -> str:
    """The URI of a file, whose name need not be UTF-8."""
    try:
        return from_fs_path(str(path)) or ""
    except UnicodeEncodeError:
        return path.absolute().as_uri()


def next_free_version(path: Path) -> Path:
    """The path of a recipe's next version in the same folder, with the next unused number."""
    names = {entry.name for entry in path.parent.iterdir()} if path.parent.is_dir() else set[str]()
    return path.with_name(next_version(path.name, names))
