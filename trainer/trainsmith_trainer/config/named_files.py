"""Finds the files that a recipe or a model file names."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from trainsmith_schemas.paths import (
    Search,
    TooManyEntriesError,
    UnsetVariableError,
    expand,
    files_at,
    is_file,
    is_folder,
)
from trainsmith_schemas.problems import Path as KeyPath
from trainsmith_schemas.problems import dotted
from trainsmith_trainer.config.source import Source
from trainsmith_trainer.errors import ConfigProblem

DATA_KEY: KeyPath = ("training_config", "data_path")
_MOST_SEARCHED = 1_000_000
"""The most entries of folders that are searched for the patterns of one key."""


def named_file(
    source: Source, key: KeyPath, named: str | None, problems: list[ConfigProblem]
) -> Path | None:
    """Find a file that a document names, next to it or in the working directory."""
    if not named:
        problems.append(_missing(source, key))
        return None

    def at(folder: Path, written: str) -> list[Path]:
        return [folder / written] if is_file(folder / written) else []

    return next(iter(_found(source, key, named, problems, at)), None)


def named_folder(
    source: Source, key: KeyPath, named: str, problems: list[ConfigProblem]
) -> Path | None:
    """Find a folder that a document names, as `named_file` does."""

    def at(folder: Path, written: str) -> list[Path]:
        return [folder / written] if is_folder(folder / written) else []

    return next(iter(_found(source, key, named, problems, at, "folder")), None)


def data_files(
    source: Source, key: KeyPath, named: str | list[str] | None, problems: list[ConfigProblem]
) -> tuple[Path, ...]:
    """Find all files that a recipe names, each once, as `named_file` does."""
    if not named and named != []:
        problems.append(_missing(source, key))
        return ()
    several = [(key, named)] if isinstance(named, str) else []
    if isinstance(named, list):
        several = [((*key, at), one) for at, one in enumerate(named)]
    at = partial(files_at, search=Search(_MOST_SEARCHED))
    files = (file for origin, one in several for file in _found(source, origin, one, problems, at))
    return tuple(dict.fromkeys(files))


def _missing(source: Source, key: KeyPath) -> ConfigProblem:
    option = "pass --data FILE or write" if key == DATA_KEY else "write"
    message = f"`{key[-1]}` is missing: {option} `{key[-1]}: PATH` in `{key[0]}`"
    return ConfigProblem(source.origin_of(key), "error", "missing-key", message, dotted(key))


def _found(
    source: Source,
    key: KeyPath,
    named: str,
    problems: list[ConfigProblem],
    at: Callable[[Path, str], list[Path]],
    kind: Literal["file", "folder"] = "file",
) -> list[Path]:
    """The files or folders at a path, from the first folder in which `at` finds any."""
    origin, name = source.origin_of(key), next(one for one in reversed(key) if isinstance(one, str))
    try:
        expanded = expand(named, os.environ)
    except UnsetVariableError as error:
        message = f"`{name}` is `{named}`, and {error}: set it, or write the path without it"
        problems.append(ConfigProblem(origin, "error", "unset-variable", message, dotted(key)))
        return []
    folders = (Path(source.name).parent, Path())
    try:
        found = next(filter(None, (at(folder, expanded) for folder in folders)), [])
    except TooManyEntriesError as error:
        message = (
            f"`{name}` is `{named}`, which covers more than {error.searched:,} files and folders: "
            "write a narrower pattern"
        )
        problems.append(ConfigProblem(origin, "error", "too-many-files", message, dotted(key)))
        return []
    if not found:
        paths = dict.fromkeys((folder / expanded).absolute() for folder in folders)
        looked = " and ".join(map(str, paths))
        message = f"`{name}` names no {kind}: looked for {looked}"
        if kind == "file" and (folder := next(filter(is_folder, paths), None)):
            message += f"; {folder} is a folder: write `{named.rstrip('/')}/*` for its files"
        problems.append(ConfigProblem(origin, "error", f"{kind}-not-found", message, dotted(key)))
    return found
