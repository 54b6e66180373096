"""A file of several YAML documents, cut where it can be read piece by piece.

`---` at the beginning of a line ends whatever was open before it, so what stands between two of
them means the same alone. A keystroke in one document then leaves the others as they were read.
"""

from __future__ import annotations

from trainsmith_server.lint.size import MAX_FILE

_BREAKS = ("\n", "\r", "\x85", "\u2028", "\u2029")
_MARKS = ("%", "...", "<<<<<<<", "|||||||", "=======", ">>>>>>>")
"""At the beginning of a line: directives, the end of a document, and merge conflicts."""
_TIES = ("trainsmith:", *(line_break + mark for line_break in _BREAKS for mark in _MARKS))
"""What may concern more than the document that it stands in. Our own comments do, too."""
_START = "\n---"


def split(text: str) -> list[str]:
    """Cut a text before every `---` that begins a line; together the parts are the text.

    A file that is far too large stays one part, which nobody reads.
    """
    if len(text) > MAX_FILE:
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
    """Whether a part has something in it that may concern the others, which must be read whole."""
    return part.startswith(_MARKS) or any(tie in part for tie in _TIES)
