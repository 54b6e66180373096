"""What the server has to say about a text, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import Span

Severity = Literal["error", "warning", "information", "hint"]
Tag = Literal["unnecessary", "deprecated"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a span of the text; an empty span inserts."""

    span: Span
    new_text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to put a diagnostic right."""

    title: str
    edits: tuple[Edit, ...]
    preferred: bool = False
    """The fix that people most often want."""
    safe: bool = False
    """It writes what is plainly meant, so "fix all" may apply it without asking."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and the lines that its spans are in."""

    uri: str
    lines: LineIndex


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a diagnostic involves."""

    span: Span
    message: str
    source: Source | None = None
    """The file that the place is in; `None` for the one that the diagnostic is in."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, doubtful or worth knowing."""

    code: str
    severity: Severity
    message: str
    span: Span
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    tags: tuple[Tag, ...] = ()
