"""A document as blocks of lines that can be moved: every key with its comments.

Comments on lines of their own belong to the key below them and move with it, and so do comments on
the key's own lines. Values stay as written.
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
"""The indentation of new sections, in spaces."""

_DIRECTIVE = re.compile(r"#\s*trainsmith:\s*(profile|ignore-file)\b")


class CannotMoveError(Exception):
    """Something in a document can't be moved; the message says what it is and where."""


@dataclass(slots=True)
class Piece:
    """A key with all its lines, without the indentation of the surrounding block."""

    key: str
    above: list[str]
    """Comments and blank lines above it."""
    lines: list[str]
    """From the key to the last line of its value; only the key's line if there is a block."""
    block: Block | None = None
    """The keys below it, if the value is a block mapping."""
    braces: Block | None = None
    """The keys as a block, if the value is a flow mapping on one line."""


@dataclass(slots=True)
class Block:
    """The keys of a mapping."""

    pieces: list[Piece] = field(default_factory=list[Piece])
    tail: list[str] = field(default_factory=list[str])
    """Comments after the last key."""
    step: int = STEP
    """Its indentation relative to its section's key."""

    def piece(self, key: str) -> Piece | None:
        """The piece with a key."""
        return next((piece for piece in self.pieces if piece.key == key), None)


@dataclass(slots=True)
class Layout:
    """A whole document."""

    first: int
    """Its first line, zero-based, including comments."""
    last: int
    """The line after it."""
    header: list[str]
    """The comments about the file, above the comments of the first key."""
    root: Block

    def render(self) -> list[str]:
        """The lines of the document, without their line breaks."""
        return [*self.header, *render(self.root)]


def render(block: Block) -> list[str]:
    """The lines of a block, without the block's own indentation."""
    lines: list[str] = []
    for piece in block.pieces:
        lines += [*piece.above, *piece.lines]
        if piece.block is not None:
            lines += indented(render(piece.block), piece.block.step)
    return [*lines, *block.tail]


def indented(lines: list[str], step: int) -> list[str]:
    """Lines with more indentation; blank lines stay empty."""
    return [" " * step + line if line else line for line in lines]


def lay_out(document: Document, lines: LineIndex) -> Layout:
    """Split a document into blocks and pieces.

    Raises:
        CannotMoveError: it has anchors, tags or other things that can't be moved.
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
        last -= 1  # There is no line after the final line break.
    block = reader.block(root, first, last)
    header = _take_header(block.pieces[0])
    return Layout(first, last, header, block)


def _take_header(piece: Piece) -> list[str]:
    """Remove the comments about the file: up to the last blank line or directive."""
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
            raise CannotMoveError(f"line {number} has {what}, which can't be moved")


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
            return "a key that is not text"
        if len(set(keys)) < len(keys):
            return "a repeated key"
        if any(entry.colon < 0 for entry in node.entries):
            return "a key without a value"
    return None


class _Reader:
    def __init__(self, lines: LineIndex) -> None:
        self._lines = lines

    def last_line(self, entry: Entry) -> int:
        """The last line of an entry's value."""
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
        """The keys of a mapping between two lines, with their comments."""
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
        """The line after an entry and the comments that are indented deeper than its key."""
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
            # Comments between a section's key and its first entry belong to that entry.
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
        """Lines without the block's indentation."""
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
