"""Expanding a selection: key or value, entry, section, document."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_server.document.bind import key_span
from trainsmith_server.document.result import Analysis
from trainsmith_server.yaml.tree import Mapping, Node, Sequence, Span


def selections(analysis: Analysis, offset: int) -> tuple[Span, ...]:
    """The spans around an offset, from the innermost to the whole text."""
    known = analysis.document_at(offset)
    spans = [(0, len(analysis.text))]
    if known:
        document = known.document
        for span in ((document.start, document.end), *_around(document.root, offset)):
            outer = spans[-1]
            if span != outer and outer[0] <= span[0] <= span[1] <= outer[1]:
                spans.append(span)
    return tuple(reversed(spans))


def _around(node: Node | None, offset: int) -> Iterator[Span]:
    """The spans that contain an offset, from the outermost to the innermost."""
    if node is None or not node.start <= offset <= node.end:
        return
    yield node.start, node.end
    if isinstance(node, Mapping):
        for entry in node.entries:
            key = key_span(entry)
            end = max(key[1], entry.value.end) if entry.value else key[1]
            if key[0] <= offset <= end:
                yield key[0], end
                if offset <= key[1]:
                    yield key
                else:
                    yield from _around(entry.value, offset)
                return
    elif isinstance(node, Sequence):
        for item in node.items:
            if item.value and item.value.start <= offset <= item.value.end:
                yield from _around(item.value, offset)
                return
