"""The open documents: their texts, in step with the editor, and an analysis of each version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainsmith_server.analysis.lines import Encoding, LineIndex, Position

if TYPE_CHECKING:
    from trainsmith_server.analysis.options import Options
    from trainsmith_server.analysis.result import Analysis


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a document: the new text of a range, or of everything where it is `None`."""

    range: tuple[Position, Position] | None
    text: str


@dataclass(slots=True)
class _Open:
    version: int
    text: str
    lines: LineIndex | None = None
    analysis: Analysis | None = None


class Session:
    """What the editor has open. Positions are in the encoding that was agreed on."""

    def __init__(self, options: Callable[[str], Options | None] = lambda _: None) -> None:
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
        text, lines = document.text, document.lines
        for change in changes:
            if change.range is None:
                text = change.text
            else:
                lines = lines or LineIndex(text)
                start, end = (lines.offset(*place, self.encoding) for place in change.range)
                text = text[:start] + change.text + text[max(start, end) :]
            lines = None
        self._documents[uri] = _Open(version, text)

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

    def judge_again(self) -> None:
        """Forget all analyses, since what documents are judged by has changed."""
        for document in self._documents.values():
            document.analysis = None

    def analysis(self, uri: str) -> Analysis | None:
        """The analysis of an open document, made at most once for each version."""
        document = self._documents.get(uri)
        if document is None:
            return None
        if document.analysis is None:
            # Imported here so that the server answers `initialize` before it loads the schemas.
            from trainsmith_server.analysis.analyze import analyze

            document.analysis = analyze(document.text, uri, self._options(uri))
            document.lines = document.analysis.lines
        return document.analysis
