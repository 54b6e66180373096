"""The open documents: their texts, in step with the editor, and an analysis of each version."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from trainsmith_server.lint.parts import is_tied, split
from trainsmith_server.yaml.lines import Encoding, LineIndex, Position

if TYPE_CHECKING:
    from trainsmith_server.document.lint_options import LintOptions
    from trainsmith_server.document.result import Analysis, SiblingContext


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a document: the new text of a range, or of everything where it is `None`."""

    range: tuple[Position, Position] | None
    text: str


@dataclass(slots=True)
class _Open:
    version: int
    text: str
    analysis: Analysis | None = None
    """Of the whole text."""
    parts: tuple[Analysis, ...] = ()
    """Of each YAML document, with the file's line numbers."""
    read: dict[str, Analysis] = field(default_factory=dict[str, "Analysis"])
    """The parts of this version or the one before it, by their text."""


class Session:
    """What the editor has open. Positions are in the encoding that was agreed on.

    What asks about one place, or about every place by itself, reads `parts`: only the YAML
    document that was changed is read anew. What must see a file as one text reads `analysis`.
    """

    def __init__(self, options: Callable[[str], LintOptions | None] = lambda _: None) -> None:
        self._options = options
        """What a document, by its URI, is judged by."""
        self.encoding: Encoding = "utf-16"
        self._documents: dict[str, _Open] = {}

    def open(self, uri: str, version: int, text: str) -> None:
        """Take over a document from the editor."""
        self._documents[uri] = _Open(version, text)

    def change(self, uri: str, version: int, changes: Iterable[Change]) -> None:
        """Apply changes in their order, each to the text that the one before left."""
        document = self._documents[uri]
        text, lines = document.text, [part.lines for part in document.parts]
        for change in changes:
            if change.range is None:
                text = change.text
            else:
                lines = lines or [LineIndex(text)]
                start, end = (_offset(lines, place, self.encoding) for place in change.range)
                text = text[:start] + change.text + text[max(start, end) :]
            lines = []
        self._documents[uri] = _Open(version, text, read=document.read)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._documents.pop(uri, None)

    def is_open(self, uri: str) -> bool:
        """Whether the editor has a document open."""
        return uri in self._documents

    def uris(self) -> list[str]:
        """The open documents."""
        return list(self._documents)

    def text(self, uri: str) -> str:
        """The text of an open document."""
        return self._documents[uri].text

    def version(self, uri: str) -> int:
        """The version of an open document."""
        return self._documents[uri].version

    def forget_analyses(self) -> None:
        """Forget all analyses, since what documents are judged by has changed."""
        for document in self._documents.values():
            document.analysis, document.parts, document.read = None, (), {}

    def analysis(self, uri: str) -> Analysis | None:
        """The analysis of an open document as a whole, made at most once for each version."""
        document = self._documents.get(uri)
        if document is None:
            return None
        if document.analysis is None:
            parts = self.parts(uri)
            document.analysis = parts[0] if len(parts) == 1 else self._analyze(uri, document.text)
        return document.analysis

    def parts(self, uri: str) -> tuple[Analysis, ...]:
        """The analyses of an open document's parts, in their order; none if it is not open."""
        document = self._documents.get(uri)
        if document is None:
            return ()
        if not document.parts:
            document.parts = self._read_parts(uri, document)
        return document.parts

    def part(self, uri: str, line: int) -> Analysis | None:
        """The part of an open document that a line is in."""
        parts = self.parts(uri)
        at = bisect_right(parts, line, key=lambda part: part.lines.first)
        return parts[max(at - 1, 0)] if parts else None

    def _read_parts(self, uri: str, document: _Open) -> tuple[Analysis, ...]:
        texts = split(document.text)
        before, read = document.read, dict[str, "Analysis"]()
        if len(texts) > 1 and any(text not in before and is_tied(text) for text in texts):
            texts = [document.text]
        for text in texts:
            if text not in read:
                read[text] = before.get(text) or self._analyze(uri, text)
        document.read = read
        if len(texts) == 1:
            return (read[document.text],)
        return tuple(self._placed(uri, texts, read))

    def _placed(self, uri: str, texts: list[str], read: dict[str, Analysis]) -> Iterator[Analysis]:
        """Parts with their place in the file, and what they must know of it."""
        from trainsmith_server.document.result import SiblingContext

        ours = (known for text in texts for known in read[text].documents)
        first = next(ours, None)
        siblings = SiblingContext(first.kind, first.profile) if first else SiblingContext()
        line = 0
        for text in texts:
            part = read[text]
            if not part.documents and part.siblings != siblings:
                # Alone, it would be somebody else's file, in which nothing is wrong.
                part = read[text] = self._analyze(uri, text, siblings)
            yield replace(part, siblings=siblings, lines=part.lines.moved(line))
            line += len(part.lines.starts) - 1

    def _analyze(self, uri: str, text: str, siblings: SiblingContext | None = None) -> Analysis:
        # Imported here so that the server answers `initialize` before it loads the schemas.
        from trainsmith_server.lint.analyze import analyze

        return analyze(text, uri, self._options(uri), siblings)


def _offset(parts: Sequence[LineIndex], position: Position, encoding: Encoding) -> int:
    """The offset of a position in a text, of which the lines of each part are known."""
    at = max(bisect_right(parts, position[0], key=lambda part: part.first) - 1, 0)
    before = sum(len(part.text) for part in parts[:at])
    return before + parts[at].offset(*position, encoding)
