r"""The lines of a text: converts offsets to positions and back.

Offsets count code points of the text. A line ends only at `\n`, `\r\n` or `\r`, as the Language
Server Protocol defines: U+2028, form feed and U+0085 are inside a line.
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
"""A line and a column, both zero-based; the column counts code units of an encoding."""

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class LineIndex:
    """The lines of one text.

    The text may be a part of a file. Then positions count the lines of the file, and everything
    else counts the lines of the part.
    """

    __slots__ = ("_ascii", "first", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.first = 0
        """The number of lines of the file before the text."""
        ends = (found.end() for found in _LINE_BREAK.finditer(text))
        self.starts = array("I", chain((0,), ends))  # A list would take nine times the memory.
        self._ascii = text.isascii()

    def moved(self, first: int) -> LineIndex:
        """The same lines, with `first` other lines of the file before them."""
        moved = copy(self)
        moved.first = first
        return moved

    def line_of(self, offset: int) -> int:
        """The zero-based line of an offset."""
        return bisect_right(self.starts, offset) - 1

    def line_end(self, line: int) -> int:
        """The offset after a line's last character, before its line break."""
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
        """The line and column of an offset; offsets past the end count as the end."""
        offset = max(0, min(offset, len(self.text)))
        line = self.line_of(offset)
        start = self.starts[line]
        if self._ascii or encoding == "utf-32":
            return self.first + line, offset - start
        return self.first + line, _units(self.text[start:offset], encoding)

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """The offset of a line and column.

        A column past the end of its line is the end of the line, as the protocol defines; a line
        past the end is the end of the text. A column inside a character is its start.
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
    """The length of a text in code units. Lone surrogates count as one character."""
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text.encode("utf-8", "surrogatepass"))


def _characters(text: str, units: int, encoding: Encoding) -> int:
    """The number of whole characters of a text that fit into some code units."""
    taken = 0
    for index, char in enumerate(text):
        taken += _units(char, encoding)
        if taken > units:
            return index
    return len(text)
