"""What `trainsmith check` prints, one module for each format."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainsmith_server.document.diagnostics import Source
from trainsmith_server.document.result import Analysis
from trainsmith_server.workspace.paths import path_of
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import Span


@dataclass(frozen=True, slots=True)
class Checked:
    """A file and what was found in it."""

    path: str
    named: bool
    """It was named itself, not found in a folder."""
    analysis: Analysis
    stdin: bool = False
    """Its text came from stdin; the path is only what it is called."""


def shown(one: Checked, other: Source) -> str:
    """What to call a file that a checked one names: by its path from where `one` was found."""
    path = path_of(other.uri) or Path(other.uri)
    if Path(one.path).is_absolute():
        return str(path)
    with suppress(ValueError):  # Another drive on Windows has no way from here.
        return os.path.relpath(path)
    return str(path)


def place(span: Span, lines: LineIndex) -> dict[str, int]:
    """Lines and columns from 1; columns count characters."""
    (line, column), (end_line, end_column) = (lines.position(offset) for offset in span)
    return {
        "line": line + 1,
        "column": column + 1,
        "endLine": end_line + 1,
        "endColumn": end_column + 1,
    }
