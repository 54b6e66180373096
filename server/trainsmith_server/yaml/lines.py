r"""Where lines begin: from offsets to positions and back.

Offsets count code points of the text. A line ends at `\n`, `\r\n` or `\r` and nowhere else, as the
Language Server Protocol says: U+2028, form feed and U+0085 stay inside a line.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from copy import copy
from itertools import chain
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]
Position = tuple[int, int]
"""A line and a column, both from zero; the column counts units of an encoding."""

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class LineIndex:
    """The lines of one text.

    The text may be a part of a file: then positions count the lines of the file, and all else the
    lines of the part.
    """

    __slots__ = ("_ascii", "first", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.first = 0
        """How many lines of the file come before the text."""
        ends = (found.end() for found in _LINE_BREAK.finditer(text))
        self.starts = array("I", chain((0,), ends))  # A list would take nine times the memory.
        self._ascii = text.isascii()

    def behind(self, first: int) -> LineIndex:
        """The same lines, with so many others of the file before them."""
        moved = copy(self)
        moved.first = first
        return moved

    def line_of(self, offset: int) -> int:
        """The line, from zero, that an offset is on."""
        return bisect_right(self.starts, offset) - 1

    def line_end(self, line: int) -> int:
        """The offset behind a line's last character, before its line break."""
        if line + 1 >= len(self.starts):
            return len(self.text)
        end = self.starts[line + 1] - 1
        if end > self.starts[line] and self.text[end - 1 : end + 1] == "\r\n":
            end -= 1
        return end

    def line_text(self, line: int) -> str:
        """A line without its line break."""
        return self.text[self.starts[line] : self.line_end(line)]

    def position(self, offset: int, encoding: Encoding = "utf-32") -> Position:
        """The line and column of an offset; an offset past the end is the end."""
        offset = max(0, min(offset, len(self.text)))
        line = self.line_of(offset)
        start = self.starts[line]
        if self._ascii or encoding == "utf-32":
            return self.first + line, offset - start
        return self.first + line, _units(self.text[start:offset], encoding)

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """The offset of a line and column.

        A column past the end of its line is the end of the line, as the protocol says; a line past
        the end is the end of the text. A column inside a character is the character's start.
        """
        line -= self.first
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[line], self.line_end(line)
        if self._ascii or encoding == "utf-32":
            return min(start + max(0, column), end)
        return start + _characters(self.text[start:end], column, encoding)


def _units(text: str, encoding: Encoding) -> int:
    """How many units of an encoding a text takes. Lone surrogates count as one character."""
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text.encode("utf-8", "surrogatepass"))


def _characters(text: str, units: int, encoding: Encoding) -> int:
    """How many whole characters of a text fit into so many units of an encoding."""
    taken = 0
    for index, char in enumerate(text):
        taken += _units(char, encoding)
        if taken > units:
            return index
    return len(text)
