"""The open documents: their texts, in sync with the editor, and the analysis of each version."""

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
    """A change of a document: the new text of a range, or of everything if that is `None`."""

    range: tuple[Position, Position] | None
    text: str


@dataclass(slots=True)
class _Open:
    version: int
    text: str
    analysis: Analysis | None = None
    """The analysis of the whole text."""
    parts: tuple[Analysis, ...] = ()
    """The analyses of the YAML documents, with the file's line numbers."""
    read: dict[str, Analysis] = field(default_factory=dict[str, "Analysis"])
    """The parts of this version or the previous one, by their text."""


class Session:
    """The documents that the editor has open. Positions are in the negotiated encoding.

    Features that work on one place, or on each document separately, read `parts`, so that only the
    changed YAML document is analysed again. Features that need the whole file read `analysis`.
    """

    def __init__(self, options: Callable[[str], LintOptions | None] = lambda _: None) -> None:
        self._options = options
        """Returns the settings for a document, by its URI."""
        self.encoding: Encoding = "utf-16"
        self._documents: dict[str, _Open] = {}

    def open(self, uri: str, version: int, text: str) -> None:
        """Add a document."""
        self._documents[uri] = _Open(version, text)

    def change(self, uri: str, version: int, changes: Iterable[Change]) -> None:
        """Apply changes in order, each to the result of the previous one."""
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
        """Remove a document."""
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
        """Discard all analyses, after the settings have changed."""
        for document in self._documents.values():
            document.analysis, document.parts, document.read = None, (), {}

    def analysis(self, uri: str) -> Analysis | None:
        """The analysis of a whole open document, computed at most once for each version."""
        document = self._documents.get(uri)
        if document is None:
            return None
        if document.analysis is None:
            parts = self.parts(uri)
            document.analysis = parts[0] if len(parts) == 1 else self._analyze(uri, document.text)
        return document.analysis

    def parts(self, uri: str) -> tuple[Analysis, ...]:
        """The analyses of an open document's parts, in order; empty if it is not open."""
        document = self._documents.get(uri)
        if document is None:
            return ()
        if not document.parts:
            document.parts = self._read_parts(uri, document)
        return document.parts

    def part(self, uri: str, line: int) -> Analysis | None:
        """The part of an open document that contains a line."""
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
        """The parts with their position in the file and the context of the other parts."""
        from trainsmith_server.document.result import SiblingContext

        documents = (known for text in texts for known in read[text].documents)
        first = next(documents, None)
        siblings = SiblingContext(first.kind, first.profile) if first else SiblingContext()
        line = 0
        for text in texts:
            part = read[text]
            if not part.documents and part.siblings != siblings:
                # On its own it would be an unknown file, which has no diagnostics.
                part = read[text] = self._analyze(uri, text, siblings)
            yield replace(part, siblings=siblings, lines=part.lines.moved(line))
            line += len(part.lines.starts) - 1

    def _analyze(self, uri: str, text: str, siblings: SiblingContext | None = None) -> Analysis:
        # Imported here so that the server answers `initialize` before it loads the schemas.
        from trainsmith_server.lint.analyze import analyze

        return analyze(text, uri, self._options(uri), siblings)


def _offset(parts: Sequence[LineIndex], position: Position, encoding: Encoding) -> int:
    """The offset of a position in a text, from the line indexes of its parts."""
    at = max(bisect_right(parts, position[0], key=lambda part: part.first) - 1, 0)
    before = sum(len(part.text) for part in parts[:at])
    return before + parts[at].offset(*position, encoding)
