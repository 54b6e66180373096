"""Reads and merges the settings of the editor and of the project file, `.trainsmith.yaml`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, get_args

from trainsmith_schemas.editor.settings import (
    PRIVACY_VARIABLE,
    PROJECT_FILE,
    Level,
    LintConfig,
    Privacy,
)
from trainsmith_schemas.problems import Problem
from trainsmith_schemas.trainers.boards import BOARDS
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.trainers.profiles import PROFILES
from trainsmith_server.document.bind import find, key_span, value_span
from trainsmith_server.document.directives import nearest_name
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.lint.codes import adjustable_codes, unknown_code
from trainsmith_server.workspace.file_cache import FileCache
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.parse import parse
from trainsmith_server.yaml.tree import Span
from trainsmith_server.yaml.values import construct
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes

_MOST_UNKNOWN = 50
"""Unknown keys that are reported; each is compared with all names."""
_LEVELS: tuple[Level, ...] = get_args(Level)
_KEYS = ", ".join(f"`{key}`" for key in LintConfig.model_fields)
_PRIVACY: tuple[Privacy, ...] = get_args(Privacy)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a project file that is not valid."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """The content of a project file, without the parts that are not valid."""

    path: Path
    lines: LineIndex
    options: LintOptions
    faults: tuple[Fault, ...]


def read_lint_config(data: Any) -> tuple[LintOptions, tuple[Problem, ...]]:
    """Read the keys of `LintConfig`; values that are not valid are left out and reported.

    YAML 1.1 reads an unquoted `off` as false, so false is the level `off`.
    """
    if data is None:
        return LintOptions(), ()
    if not isinstance(data, Mapping):
        return LintOptions(), (Problem((), "wrong-type", f"expected the keys {_KEYS}"),)
    unknown = (key for key in data if key not in LintConfig.model_fields)
    problems = [_unknown_key(str(key)) for key in islice(unknown, _MOST_UNKNOWN)]
    chosen = {
        key: _choice(data, key, names, problems)
        for key, names in (
            ("profile", ("auto", *PROFILES)),
            ("board", ("unknown", *(board.name for board in BOARDS))),
            ("privacy", _PRIVACY),
        )
    }
    trainer: Trainer | None = next((name for name in PROFILES if name == chosen["profile"]), None)
    board = next((board for board in BOARDS if board.name == chosen["board"]), None)
    levels: dict[str, Level] = {}
    rules = data.get("rules")
    if rules is not None and not isinstance(rules, Mapping):
        problems.append(Problem(("rules",), "wrong-type", "`rules` needs codes and their levels"))
        rules = None
    for code, value in (rules or {}).items():
        if len(problems) > 2 * _MOST_UNKNOWN:
            break
        name = "off" if value is False else value
        level: Level | None = next((one for one in _LEVELS if one == name), None)
        if code not in adjustable_codes():
            message, _ = unknown_code(str(code))
            problems.append(Problem(("rules", code), "unknown-key", message, on_key=True))
        elif level is None:
            problems.append(_unknown_choice(("rules", code), "level", value, _LEVELS))
        else:
            levels[code] = level
    options = LintOptions(trainer, levels, board, chosen["privacy"] == "local-only")
    return options, tuple(problems)


def _choice(
    data: Mapping[Any, Any], key: str, names: tuple[str, ...], problems: list[Problem]
) -> str | None:
    """The value of a key, if it is one of the names."""
    value = data.get(key)
    if value is None or value in names:
        return value
    problems.append(_unknown_choice((key,), key, value, names))
    return None


def _unknown_key(key: str) -> Problem:
    nearest = nearest_name(key, LintConfig.model_fields)
    hint = f"; did you mean `{nearest}`?" if nearest else f", only {_KEYS}"
    return Problem((key,), "unknown-key", f"there is no setting `{key}`{hint}", on_key=True)


def _unknown_choice(
    path: tuple[str, ...], what: str, value: object, names: tuple[str, ...]
) -> Problem:
    nearest = nearest_name(str(value), names)
    hint = f"; did you mean `{nearest}`?" if nearest else ""
    listed = ", ".join(f"`{name}`" for name in names)
    return Problem(path, "invalid-value", f"there is no {what} `{value}`, only {listed}{hint}")


def read_project_file(path: Path, _size: int) -> ProjectFile:
    """Read a project file.

    Raises:
        OSError: it can't be read, or is far too large for what it is.
        UnicodeDecodeError: it is not UTF-8.
    """
    text = read_bytes(path, limits.PROJECT_CONFIG).decode("utf-8-sig")
    tree, lines = parse(text), LineIndex(text)
    root = tree.documents[0].root if tree.documents else None
    built = construct(root)
    yaml_faults = [Fault(fault.span, fault.message) for fault in (*tree.faults, *built.faults)]
    if yaml_faults:
        return ProjectFile(path, lines, LintOptions(), tuple(yaml_faults))
    options, problems = read_lint_config(built.value)
    faults: list[Fault] = []
    for problem in problems:
        place = find(root, problem.path)
        span = value_span(place) if place else (0, 0)
        if place and place.entry and problem.on_key:
            span = key_span(place.entry)
        faults.append(Fault(span, problem.message))
    return ProjectFile(path, lines, options, tuple(faults))


def merge(*options: LintOptions) -> LintOptions:
    """Several options merged: the first takes precedence, but any can require `local_only`."""
    return LintOptions(
        next((one.profile for one in options if one.profile), None),
        {code: level for one in reversed(options) for code, level in one.levels.items()},
        next((one.board for one in options if one.board), None),
        any(one.local_only for one in options),
    )


def of_the_environment() -> LintOptions:
    """The options from environment variables: whether data may leave the machine.

    A misspelt value counts as `local-only`, as it does for the trainer.
    """
    level = os.environ.get(PRIVACY_VARIABLE, "")
    return LintOptions(local_only=level not in ("", "unrestricted"))


class Projects:
    """The project files; each is read again only after it has changed."""

    def __init__(self) -> None:
        self._read = FileCache(read_project_file)

    def around(self, document: Path) -> ProjectFile | None:
        """The project file of a document: in its folder, or in the nearest parent folder.

        If one in any folder above requires privacy, so does the result: a file below must not
        permit what one above forbids.

        Raises:
            OSError: it can't be read.
            UnicodeDecodeError: it is not UTF-8.
        """
        files = [path for path in _candidates(document) if _exists(path)]
        if not files:
            return None
        nearest, *above = (self._read.get(path) for path in files)
        private = nearest.options.local_only or any(one.options.local_only for one in above)
        return replace(nearest, options=replace(nearest.options, local_only=private))


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False
    return True


def _candidates(document: Path) -> Iterator[Path]:
    for folder in document.absolute().parents:
        yield folder / PROJECT_FILE
