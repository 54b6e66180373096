"""Folding ranges: values of several lines, and blocks of comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trainsmith_server.document.result import Analysis
from trainsmith_server.yaml.tree import Mapping, Scalar, walk


@dataclass(frozen=True, slots=True)
class Fold:
    """Zero-based lines of the file that fold into the first of them; `last` is included."""

    first: int
    last: int
    kind: Literal["region", "comment"] = "region"


def folds(analysis: Analysis) -> tuple[Fold, ...] | None:
    """The folds of a file, outermost first; `None` if it has no known document."""
    if not analysis.documents:
        return None
    above = analysis.lines.first
    found = {
        Fold(above + fold.first, above + fold.last, fold.kind)
        for fold in (*_values(analysis), *_comments(analysis))
        if fold.last > fold.first
    }
    return tuple(sorted(found, key=lambda fold: (fold.first, -fold.last)))


def _values(analysis: Analysis) -> Iterator[Fold]:
    """Every key whose value continues below its line."""
    line_of = analysis.lines.line_of
    for known in analysis.documents:
        for node in walk(known.document.root):
            if isinstance(node, Mapping):
                for entry in node.entries:
                    if entry.value:
                        last = line_of(max(entry.value.end - 1, entry.value.start))
                        yield Fold(line_of(entry.key.start), last)


def _comments(analysis: Analysis) -> Iterator[Fold]:
    """Consecutive comment lines."""
    lines, text_lines = analysis.lines, _lines_of_text(analysis)
    first: int | None = None
    for line in range(len(lines.starts) + 1):
        comment = (
            line < len(lines.starts)
            and line not in text_lines
            and lines.line_text(line).lstrip().startswith("#")
        )
        if comment and first is None:
            first = line
        elif not comment and first is not None:
            yield Fold(first, line - 1, "comment")
            first = None


def _lines_of_text(analysis: Analysis) -> set[int]:
    """The lines on which a scalar continues, where `#` does not start a comment."""
    found: set[int] = set()
    for document in analysis.tree.documents:
        for node in walk(document.root):
            if isinstance(node, Scalar):
                first, last = (analysis.lines.line_of(at) for at in (node.start, node.end))
                found.update(range(first + 1, last + 1))
    return found
