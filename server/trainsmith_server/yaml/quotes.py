"""Quoted scalars: their end, their content, and missing quotes."""

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
    """Where the quoted scalar at an offset ends; -1 if its quote is not closed.

    A document mark inside it counts as the end of the text, as in PyYAML.
    """
    found = (_DOUBLE if text[at] == '"' else _SINGLE).match(text, at)
    if not found or _DOCUMENT_MARK_LINE.search(text, at, found.end()):
        return -1
    return found.end()


_BACKSLASH = re.compile(r'\\([\\"\r\n]?)')
"""A backslash, and the next character if that is a backslash, a quote or a line break."""


def _unquote(text: str, start: int, end: int) -> tuple[str, Fault | None]:
    """The content of the quoted scalar between two offsets, which include the quotes."""
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
            fault = fault or _invalid(found, raw, start, end)
            content = found[0]
        chunks.append(content)
    chunks.append(_QUOTED_FOLD.sub(scan.folded, raw[at:]))
    return "".join(chunks), fault


def _invalid(found: re.Match[str], raw: str, start: int, end: int) -> Fault:
    """The fault of an escape sequence that does not exist, in a scalar between two offsets."""
    span = (start + 1 + found.start(), start + 1 + found.end())
    # One literal backslash means that all are literal: `\n` in a path is not a line break.
    doubled = _BACKSLASH.sub(lambda one: one[0] if one[1] else r"\\", raw)
    fix = SyntaxFix("Write each backslash twice", (start + 1, end - 1), doubled)
    message = f"`{found[0]}` is not an escape sequence; write `\\\\` for a backslash"
    return Fault("yaml-syntax", message, span, fix)


def _unescape(found: re.Match[str]) -> str | None:
    code = found[1] or found[2] or found[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else None
    if found[4]:
        return "".join(scan.newline(one) for one in scan.ONE_BREAK.findall(found[5]))
    return _ESCAPES.get(found[6])


def closed(text: str, at: int, end: int) -> tuple[Scalar, Fault | None]:
    """The quoted scalar between two offsets, which include the quotes."""
    content, fault = _unquote(text, at, end)
    return Scalar(at, end, content, text[at]), fault


def unclosed(text: str, at: int, limit: int, around: str) -> tuple[Scalar, Fault]:
    """A quoted scalar whose closing quote is missing, which ends on its line.

    Args:
        text: the whole text.
        at: the offset of the opening quote.
        limit: the last offset at which it may end.
        around: characters at the end of the line that are not part of it.
    """
    end = min(scan.rest(text, at), limit)
    while end > at + 1 and text[end - 1] in around:
        end -= 1
    fix = SyntaxFix("Close the quote", (end, end), text[at])
    fault = Fault("yaml-syntax", "this quote is never closed", (at, end), fix)
    return Scalar(at, end, text[at + 1 : end], text[at]), fault
