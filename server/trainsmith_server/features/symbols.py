"""The outline of a document: its sections and their keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trainsmith_server.document.bind import key_span
from trainsmith_server.document.result import Analysis
from trainsmith_server.yaml.tree import Entry, Mapping, Node, Sequence, Span, key_text

_LONGEST_DETAIL = 60


@dataclass(frozen=True, slots=True)
class Symbol:
    """A key and its children."""

    name: str
    kind: Literal["section", "list", "key"]
    detail: str
    """The value as written, if it is on one line."""
    span: Span
    """The whole entry."""
    name_span: Span
    children: tuple[Symbol, ...]


def symbols(analysis: Analysis) -> tuple[Symbol, ...]:
    """The keys of every known document, in the order of the text."""
    return tuple(
        symbol for known in analysis.documents for symbol in _of(analysis.text, known.document.root)
    )


def _of(text: str, node: Node | None) -> Iterator[Symbol]:
    if not isinstance(node, Mapping):
        return
    for entry in node.entries:
        name = key_text(entry)
        if name:  # Editors reject a symbol without a name.
            yield _symbol(text, entry, name)


def _symbol(text: str, entry: Entry, name: str) -> Symbol:
    value, place = entry.value, key_span(entry)
    kind = "key"
    if isinstance(value, (Mapping, Sequence)):
        kind = "section" if isinstance(value, Mapping) else "list"
    end = max(place[1], value.end) if value else place[1]
    children = tuple(_of(text, value))
    detail = "" if children or not value else _detail(text[value.start : value.end])
    return Symbol(name, kind, detail, (place[0], end), place, children)


def _detail(written: str) -> str:
    return "" if "\n" in written or len(written) > _LONGEST_DETAIL else written
