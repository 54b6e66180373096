"""Quoted scalars: where they end, what they contain, and those whose quote is missing."""

from __future__ import annotations

import re

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.tree import Fault, Scalar, SyntaxFix

_SINGLE = re.compile(r"'[^']*(?:''[^']*)*'")
_DOUBLE = re.compile(r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"')
_DOCUMENT_MARK_LINE = re.compile(f"[{scan.BREAKS}](?:---|\\.\\.\\.)(?=[{scan.BLANKS}]|\\Z)")
_QUOTED_FOLD = re.compile(f"(?<![ \t])[ \t]*({scan.NEWLINE})((?:[ \t]*(?:{scan.NEWLINE}))*)[ \t]*")
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})"
    f"|({scan.NEWLINE})((?:[ \t]*(?:{scan.NEWLINE}))*)[ \t]*|([\\s\\S]))"
)
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "\\": "\\", "/": "/", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip


def quoted_end(text: str, at: int) -> int:
    """Where the quoted scalar at an offset ends, or -1 where its quote is never closed.

    A document mark inside counts as the end of the text, as for PyYAML.
    """
    found = (_DOUBLE if text[at] == '"' else _SINGLE).match(text, at)
    if not found or _DOCUMENT_MARK_LINE.search(text, at, found.end()):
        return -1
    return found.end()


_BACKSLASH = re.compile(r'\\([\\"\r\n]?)')
"""One, with what it stands before where that makes a pair or is no letter."""


def _unquote(text: str, start: int, end: int) -> tuple[str, Fault | None]:
    """The content of the quoted scalar that lies between two offsets, both quotes included."""
    raw = text[start + 1 : end - 1]
    if text[start] == "'":
        raw = raw.replace("''", "'")
        return _QUOTED_FOLD.sub(scan.folded, raw), None
    if "\\" not in raw:
        return _QUOTED_FOLD.sub(scan.folded, raw), None
    chunks: list[str] = []
    fault: Fault | None = None
    at = 0
    for found in _ESCAPE.finditer(raw):
        chunks.append(_QUOTED_FOLD.sub(scan.folded, raw[at : found.start()]))
        at = found.end()
        content = _unescape(found)
        if content is None:
            span = (start + 1 + found.start(), start + 1 + found.end())
            # Who wrote one backslash meant all of them: `\n` in a path is no line break.
            doubled = _BACKSLASH.sub(lambda one: one[0] if one[1] else r"\\", raw)
            fix = SyntaxFix("Write each backslash twice", (start + 1, end - 1), doubled)
            message = f"`{found[0]}` is no escape sequence; write `\\\\` for a backslash"
            fault = fault or Fault("yaml-syntax", message, span, fix)
            content = found[0]
        chunks.append(content)
    chunks.append(_QUOTED_FOLD.sub(scan.folded, raw[at:]))
    return "".join(chunks), fault


def _unescape(found: re.Match[str]) -> str | None:
    code = found[1] or found[2] or found[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else None
    if found[4]:
        return "".join(scan.newline(one) for one in scan.ONE_BREAK.findall(found[5]))
    return _ESCAPES.get(found[6])


def closed(text: str, at: int, end: int) -> tuple[Scalar, Fault | None]:
    """The quoted scalar that lies between two offsets, both quotes included."""
    content, fault = _unquote(text, at, end)
    return Scalar(at, end, content, text[at]), fault


def unclosed(text: str, at: int, limit: int, around: str) -> tuple[Scalar, Fault]:
    """A quoted scalar without its second quote: it ends on its line.

    Args:
        text: the whole text.
        at: where the first quote is.
        limit: where it ends at the latest.
        around: the characters at the end of the line that are not part of it.
    """
    end = min(scan.rest(text, at), limit)
    while end > at + 1 and text[end - 1] in around:
        end -= 1
    fix = SyntaxFix("Close the quote", (end, end), text[at])
    fault = Fault("yaml-syntax", "this quote is never closed", (at, end), fix)
    return Scalar(at, end, text[at + 1 : end], text[at]), fault
