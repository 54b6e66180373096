"""Splits a file of several YAML documents into parts that can be analysed separately.

`---` at the start of a line closes everything that was open, so the text between two of them has
the same meaning on its own. After a keystroke, only the changed document is analysed again.
"""

from __future__ import annotations

from trainsmith_server.lint.size import MAX_FILE, MAX_PARTS

_BREAKS = ("\n", "\r", "\x85", "\u2028", "\u2029")
_MARKS = ("%", "...", "<<<<<<<", "|||||||", "=======", ">>>>>>>")
"""At the start of a line: directives, the end of a document, and merge conflicts."""
_TIES = ("trainsmith:", *(line_break + mark for line_break in _BREAKS for mark in _MARKS))
"""Text that may affect other documents too, such as comments to Trainsmith."""
_START = "\n---"


def split(text: str) -> list[str]:
    """Split a text before every `---` that starts a line; the joined parts are the text.

    A file that is far too large, or has far too many documents, stays one part.
    """
    if len(text) > MAX_FILE or text.count(_START) > MAX_PARTS:
        return [text]
    parts: list[str] = []
    begin = 0
    at = text.find(_START)
    while at >= 0:
        after = text[at + len(_START) : at + len(_START) + 1]
        if after in ("", " ", "\t", "\n", "\r"):
            parts.append(text[begin : at + 1])
            begin = at + 1
        at = text.find(_START, at + 1)
    return [*parts, text[begin:]]


def is_tied(part: str) -> bool:
    """Whether a part may affect other parts, so that the file must be analysed as a whole."""
    return part.startswith(_MARKS) or any(tie in part for tie in _TIES)
