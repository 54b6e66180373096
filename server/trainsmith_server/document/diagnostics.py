"""Diagnostics, fixes and edits, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
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


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """A text after edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span[0]] + edit.new_text + text[edit.span[1] :]
    return text


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to fix the cause of a diagnostic."""

    title: str
    edits: tuple[Edit, ...]
    preferred: bool = False
    """Whether it is the most likely fix."""
    safe: bool = False
    """Whether the intention is obvious, so that "fix all" may apply it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file and its lines."""

    uri: str
    lines: LineIndex


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that is related to a diagnostic."""

    span: Span
    message: str
    source: Source | None = None
    """The file of the place; `None` for the diagnostic's own file."""


MOST_RELATED = 10
"""Places in other files that a diagnostic names: without a limit, two small files multiply."""


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
