"""The tokens of YAML: white space, plain and block scalars.

Each function reads one token at an offset and returns where it ends. The rules are those of
PyYAML's `scanner.py`, since the trainers read recipes with PyYAML; they differ from the YAML
specification where PyYAML does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trainsmith_server.yaml.tree import Fault

BREAKS = "\r\n\x85\u2028\u2029"
"""PyYAML's line breaks. In LSP only the first two break lines; see `lines`."""
BLANKS = " \t" + BREAKS

NEWLINE = f"\r\n|[{BREAKS}]"
NEXT_LINE = re.compile(f"[^{BREAKS}]*(?:{NEWLINE}|\\Z)")
"""The rest of a line with its line break."""
REST = re.compile(f"[^{BREAKS}]*")
SPACES = re.compile(" *")
SPACES_AND_TABS = re.compile(r"[ \t]*")
LINE_END = re.compile(f" *(?:#[^{BREAKS}]*)?(?:{NEWLINE}|\\Z)")
"""The end of a line without more content: spaces, an optional comment, the line break."""
NON_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""The characters that PyYAML's reader rejects everywhere."""
DOCUMENT_MARK = re.compile(f"(?:---|\\.\\.\\.)(?=[{BLANKS}]|\\Z)")
CONFLICT_MARK = re.compile(r"(?:<{7}|\|{7}|>{7})(?= |$)|={7}$", re.MULTILINE)

_WORD = f"(?:[^{BLANKS}:]|:(?![{BLANKS}]|\\Z))+"
_PLAIN = re.compile(f"{_WORD}(?: +(?!#){_WORD})*")
_FLOW_WORD = f"(?:[^{BLANKS}:,?\\[\\]{{}}]|:(?![{BLANKS},\\[\\]{{}}]|\\Z))+"
_FLOW_PLAIN = re.compile(f"{_FLOW_WORD}(?: +(?!#){_FLOW_WORD})*")
_PLAIN_START = re.compile(f"[^{BLANKS}?:,\\[\\]{{}}#&*!|>'\"%@`-]|[-?:](?=[^{BLANKS}])")
_FLOW_PLAIN_START = re.compile(f"[^{BLANKS}?:,\\[\\]{{}}#&*!|>'\"%@`-]|-(?=[^{BLANKS}])")
_FOLD = re.compile(f"(?<! ) *({NEWLINE})((?: *(?:{NEWLINE}))*) *")
ONE_BREAK = re.compile(NEWLINE)
SIMPLE_KEY_LENGTH = 1024
"""The maximum length of a key without `?` in PyYAML."""
_BLOCK_HEADER = re.compile(f"[|>](?:([+-])([0-9])?|([0-9])([+-])?)?(?=[ {BREAKS}]|\\Z)")


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the match of a pattern ends; the pattern must also match the empty string."""
    found = pattern.match(text, at)
    assert found
    return found.end()


def rest(text: str, at: int) -> int:
    """Where a line ends, without its line break."""
    return end_of(REST, text, at)


def is_blank(text: str, at: int) -> bool:
    """Whether there is white space or the end of the text at an offset."""
    return at >= len(text) or text[at] in BLANKS


def plain_end(text: str, at: int, *, flow: bool) -> int:
    """Where the plain scalar at an offset ends on its line; the offset itself if none starts."""
    if not (_FLOW_PLAIN_START if flow else _PLAIN_START).match(text, at):
        return at
    return plain_rest(text, at, flow=flow)


def plain_rest(text: str, at: int, *, flow: bool) -> int:
    """Where plain text ends on its line.

    A continuation line of a scalar may start with any character except `#`.
    """
    if text.startswith("#", at):
        return at
    found = (_FLOW_PLAIN if flow else _PLAIN).match(text, at)
    return found.end() if found else at


def fold_plain(raw: str) -> str:
    """The content of a plain scalar: a line break becomes a space, n more become n line breaks."""
    return _FOLD.sub(folded, raw) if ONE_BREAK.search(raw) else raw


def folded(found: re.Match[str]) -> str:
    """The replacement for the line breaks of a match."""
    first, more = newline(found[1]), [newline(one) for one in ONE_BREAK.findall(found[2])]
    if first != "\n":
        return first + "".join(more)
    return "".join(more) or " "


def newline(text: str) -> str:
    """The character that a line break becomes inside a value."""
    return text if text in "\u2028\u2029" else "\n"


@dataclass(frozen=True, slots=True)
class BlockScalar:
    """A block scalar: its content, its end, and the start of the next line."""

    content: str
    end: int
    next_line: int
    fault: Fault | None


def block_scalar(text: str, at: int, parent_indent: int) -> BlockScalar:
    """Read the block scalar whose `|` or `>` is at an offset, in a block with some indentation."""
    header = _BLOCK_HEADER.match(text, at)
    fault: Fault | None = None
    chomp, digit, after_header = "", 0, at + 1
    if header:
        chomp = header[1] or header[4] or ""
        digit = int(header[2] or header[3] or 0)
        after_header = header.end()
    line_end = LINE_END.match(text, after_header)
    no_indent = header is not None and (header[2] or header[3]) == "0"
    if header is None or line_end is None or no_indent:
        message = f"after `{text[at]}` only `+`, `-`, a digit from 1 to 9 and a comment may follow"
        fault = Fault("yaml-syntax", message, (at, rest(text, at)))
        line_end = NEXT_LINE.match(text, at)
    assert line_end
    least = max(parent_indent + 1, 1)
    indent = least + digit - 1 if digit else None
    content, end, next_line = _block_lines(text, line_end.end(), least, indent, text[at], chomp)
    return BlockScalar(content, max(end, after_header), next_line, fault)


def _block_lines(
    text: str, at: int, least: int, indent: int | None, style: str, chomp: str
) -> tuple[str, int, int]:
    """The lines of a block scalar: their content, their end, and the start of the next line."""
    if indent is None:
        indent = max(least, _detect_indent(text, at))
    chunks: list[str] = []
    end = at
    line_break = ""
    breaks, at, column = _empty_lines(text, at, indent)
    while column == indent and at < len(text):
        chunks.extend(breaks)
        end = rest(text, at)
        line = text[at:end]
        chunks.append(line)
        line_break, at = _take_break(text, end)
        breaks, at, column = _empty_lines(text, at, indent)
        if column != indent or at >= len(text):
            break
        joins = style == ">" and line_break == "\n"
        if joins and line[:1] not in (" ", "\t") and text[at] not in " \t":
            if not breaks:
                chunks.append(" ")
        else:
            chunks.append(line_break)
    if chomp != "-":
        chunks.append(line_break)
    if chomp == "+":
        chunks.extend(breaks)
    return "".join(chunks), end, at - column


def _detect_indent(text: str, at: int) -> int:
    """The greatest indentation of the lines up to the first one with content."""
    widest = 0
    while True:
        spaces = SPACES.match(text, at)
        assert spaces
        widest = max(widest, spaces.end() - at)
        at = spaces.end()
        if at >= len(text) or text[at] not in BREAKS:
            return widest
        _, at = _take_break(text, at)


def _empty_lines(text: str, at: int, indent: int) -> tuple[list[str], int, int]:
    """Skip empty lines and the next line's indentation: the breaks, the offset, its column."""
    breaks: list[str] = []
    while True:
        start = at
        while at < len(text) and at - start < indent and text[at] == " ":
            at += 1
        if at >= len(text) or text[at] not in BREAKS:
            return breaks, at, at - start
        line_break, at = _take_break(text, at)
        breaks.append(line_break)


def _take_break(text: str, at: int) -> tuple[str, int]:
    found = ONE_BREAK.match(text, at)
    return (newline(found[0]), found.end()) if found else ("", at)
