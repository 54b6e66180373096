"""The reports of `trainsmith check`, one module for each format."""

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
    """A file and its analysis."""

    path: str
    named: bool
    """Whether it was given as an argument, not found in a folder."""
    analysis: Analysis
    stdin: bool = False
    """Whether its text came from stdin, so that the path is only a name."""


def shown(one: Checked, other: Source) -> str:
    """The path to show for a file that a checked one names: absolute if that one's path is."""
    path = path_of(other.uri) or Path(other.uri)
    if Path(one.path).is_absolute():
        return str(path)
    with suppress(ValueError):  # On Windows, there is no relative path to another drive.
        return os.path.relpath(path)
    return str(path)


def place(span: Span, lines: LineIndex) -> dict[str, int]:
    """One-based lines and columns; columns count characters."""
    (line, column), (end_line, end_column) = (lines.position(offset) for offset in span)
    return {
        "line": line + 1,
        "column": column + 1,
        "endLine": end_line + 1,
        "endColumn": end_column + 1,
    }
