"""A document as blocks of lines that can be moved: every key with the comments that belong to it.

Comments on lines of their own belong to the key below them, and travel with it; so does what
follows on a key's own lines. Values stay as they are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import (
    Alias,
    Document,
    Entry,
    Mapping,
    Node,
    Scalar,
    key_text,
    walk,
)
from trainsmith_server.yaml.values import is_merge

STEP = 2
"""Spaces by which a new section is indented."""

_DIRECTIVE = re.compile(r"#\s*trainsmith:\s*(profile|ignore-file)\b")


class CannotMoveError(Exception):
    """Something in a document whose meaning depends on where it stands. It says what, and where."""


@dataclass(slots=True)
class Piece:
    """A key with all its lines. No line holds the indentation that the block around it has."""

    key: str
    above: list[str]
    """Comments and blank lines above it."""
    lines: list[str]
    """From the key to the last line of its value; only the key's own where there is a block."""
    block: Block | None = None
    """The keys below it, where the value is a mapping over several lines."""
    braces: Block | None = None
    """The same keys as a block would have them, where they stand in braces on one line."""


@dataclass(slots=True)
class Block:
    """The keys of a mapping."""

    pieces: list[Piece] = field(default_factory=list[Piece])
    tail: list[str] = field(default_factory=list[str])
    """Comments behind the last key."""
    step: int = STEP
    """How much deeper than its section's key it stands."""

    def piece(self, key: str) -> Piece | None:
        """The piece with a key."""
        return next((piece for piece in self.pieces if piece.key == key), None)


@dataclass(slots=True)
class Layout:
    """A whole document."""

    first: int
    """The line, from zero, that it begins on, with its comments."""
    last: int
    """The line behind it."""
    header: list[str]
    """The comments about the file, above the comments of the first key."""
    root: Block

    def render(self) -> list[str]:
        """The lines of the document, without their line breaks."""
        return [*self.header, *render(self.root)]


def render(block: Block) -> list[str]:
    """The lines of a block, without its own indentation."""
    lines: list[str] = []
    for piece in block.pieces:
        lines += [*piece.above, *piece.lines]
        if piece.block is not None:
            lines += indented(render(piece.block), piece.block.step)
    return [*lines, *block.tail]


def indented(lines: list[str], step: int) -> list[str]:
    """Lines that stand deeper; blank ones stay empty."""
    return [" " * step + line if line else line for line in lines]


def lay_out(document: Document, lines: LineIndex) -> Layout:
    """Take a document apart.

    Raises:
        CannotMoveError: it has anchors, tags, or another thing that must stay where it is.
    """
    root = document.root
    if not isinstance(root, Mapping) or root.flow or not root.entries:
        raise CannotMoveError("the document is not a mapping with each key on its own line")
    _check(root, lines)
    reader = _Reader(lines)
    first = _line(root.entries[0].key.start, lines)
    last = reader.last_line(root.entries[-1]) + 1
    while first > 0 and _is_free(lines.line_text(first - 1)):
        first -= 1
    while last < len(lines.starts) and _is_free(lines.line_text(last)):
        last += 1
    if last == len(lines.starts) and lines.starts[-1] == len(lines.text):
        last -= 1  # The text ends with a line break: behind it there is no line.
    block = reader.block(root, first, last)
    header = _take_header(block.pieces[0])
    return Layout(first, last, header, block)


def _take_header(piece: Piece) -> list[str]:
    """Split off what is about the file: up to the last blank line, or the last directive."""
    ends = [
        number
        for number, line in enumerate(piece.above, 1)
        if not line.strip() or _DIRECTIVE.search(line)
    ]
    end = ends[-1] if ends else 0
    header, piece.above = piece.above[:end], piece.above[end:]
    return header


def _check(root: Mapping, lines: LineIndex) -> None:
    for node in walk(root):
        what = _fixed(node)
        if what:
            number = _line(node.start, lines) + lines.first + 1
            raise CannotMoveError(f"line {number} has {what}, which must stay where it is")


def _fixed(node: Node) -> str | None:
    if isinstance(node, Alias):
        return "an alias"
    if node.anchor:
        return "an anchor"
    if node.tag:
        return "a tag"
    if isinstance(node, Mapping):
        keys = [key_text(entry) for entry in node.entries]
        if any(is_merge(entry.key) for entry in node.entries):
            return "a merge key"
        if None in keys or "" in keys:
            return "a key that is no text"
        if len(set(keys)) < len(keys):
            return "a key that stands twice"
        if any(entry.colon < 0 for entry in node.entries):
            return "a key without a value"
    return None


class _Reader:
    def __init__(self, lines: LineIndex) -> None:
        self._lines = lines

    def last_line(self, entry: Entry) -> int:
        """The last line that an entry's value stands on."""
        end = max(entry.key.end, entry.colon + 1, entry.value.end if entry.value else 0)
        value = entry.value
        if isinstance(value, (Mapping,)) and not value.flow and value.entries:
            return max(self.last_line(inner) for inner in value.entries)
        text = self._lines.text
        if isinstance(value, Scalar) and value.style in ("|", ">"):
            while end > value.start and text[end - 1] in "\r\n":
                end -= 1
        return _line(max(end - 1, entry.key.start), self._lines)

    def block(self, mapping: Mapping, first: int, last: int) -> Block:
        """The keys of a mapping between two lines, with the comments among them."""
        starts = [self._start(entry, mapping.indent) for entry in mapping.entries]
        block = Block()
        above = self._cut(first, starts[0], mapping.indent)
        for number, entry in enumerate(mapping.entries):
            limit = starts[number + 1] if number + 1 < len(starts) else last
            end = self._end(entry, mapping.indent, limit)
            block.pieces.append(self._piece(entry, mapping.indent, starts[number], end, above))
            above = self._cut(end, limit, mapping.indent)
        block.tail = above
        return block

    def _start(self, entry: Entry, indent: int) -> int:
        line = _line(entry.key.start, self._lines)
        before = self._lines.text[self._lines.starts[line] : entry.key.start].lstrip("\ufeff")
        colon_line = _line(entry.colon, self._lines)
        if before.strip(" ") or len(before) != indent or colon_line != line:
            raise CannotMoveError(f"line {line + self._lines.first + 1} has more than its own key")
        return line

    def _end(self, entry: Entry, indent: int, limit: int) -> int:
        """The line behind an entry and the comments that stand deeper than its key."""
        end = self.last_line(entry) + 1
        for line in range(end, limit):
            text = self._lines.line_text(line)
            if text.strip() and _indent(text) <= indent:
                break
            if text.strip():
                end = line + 1
        return end

    def _piece(self, entry: Entry, indent: int, start: int, end: int, above: list[str]) -> Piece:
        key, value = key_text(entry) or "", entry.value
        if isinstance(value, Mapping) and not value.flow and value.entries:
            inner = _line(value.entries[0].key.start, self._lines)
            # Comments between a section's key and its first one are the first one's.
            block = self.block(value, start + 1, end)
            block.step = value.indent - indent
            if inner == start:
                raise CannotMoveError(f"line {start + self._lines.first + 1} has several keys")
            return Piece(key, above, self._cut(start, start + 1, indent), block)
        piece = Piece(key, above, self._cut(start, end, indent))
        if isinstance(value, Mapping) and value.flow and end == start + 1:
            piece.braces = self._in_braces(value)
        return piece

    def _in_braces(self, mapping: Mapping) -> Block:
        block = Block()
        for entry in mapping.entries:
            stop = max(entry.key.end, entry.colon + 1, entry.value.end if entry.value else 0)
            source = self._lines.text[entry.key.start : stop]
            block.pieces.append(Piece(key_text(entry) or "", [], [source]))
        return block

    def _cut(self, first: int, last: int, indent: int) -> list[str]:
        """Lines without their indentation, and blank ones between keys without any spaces."""
        return [_dedent(self._lines.line_text(line), indent) for line in range(first, last)]


def _dedent(line: str, indent: int) -> str:
    return line[min(indent, _indent(line)) :]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_free(line: str) -> bool:
    """Whether a line is blank, or a comment."""
    stripped = line.strip(" \t\ufeff")
    return not stripped or stripped.startswith("#")


def _line(offset: int, lines: LineIndex) -> int:
    return lines.line_of(offset)
