"""The small pieces of YAML: plain, quoted and block scalars, properties, blanks.

Each function reads one piece at an offset and says where it ends. The rules are those of PyYAML's
`scanner.py`, since PyYAML decides what a trainer sees; where it is stricter or laxer than the YAML
specification, so is this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trainsmith_server.yaml.tree import Fault, SyntaxFix

BREAKS = "\r\n\x85\u2028\u2029"
"""What ends a line for PyYAML. For the editor only the first two do; see `lines`."""
BLANKS = " \t" + BREAKS

NEWLINE = f"\r\n|[{BREAKS}]"
NEXT_LINE = re.compile(f"[^{BREAKS}]*(?:{NEWLINE}|\\Z)")
"""The rest of a line with its line break."""
REST = re.compile(f"[^{BREAKS}]*")
SPACES = re.compile(" *")
SPACES_AND_TABS = re.compile(r"[ \t]*")
LINE_END = re.compile(f" *(?:#[^{BREAKS}]*)?(?:{NEWLINE}|\\Z)")
"""The end of a line where no more content stands: spaces, perhaps a comment, the line break."""
NON_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
"""What PyYAML's reader refuses anywhere."""
DOCUMENT_MARK = re.compile(f"(?:---|\\.\\.\\.)(?=[{BLANKS}]|\\Z)")
CONFLICT_MARK = re.compile(r"(?:<{7}|\|{7}|>{7})(?= |$)|={7}$", re.MULTILINE)

_WORD = f"(?:[^{BLANKS}:]|:(?![{BLANKS}]|\\Z))+"
_PLAIN = re.compile(f"{_WORD}(?: +(?!#){_WORD})*")
_FLOW_WORD = f"(?:[^{BLANKS}:,?\\[\\]{{}}]|:(?![{BLANKS},\\[\\]{{}}]|\\Z))+"
_FLOW_PLAIN = re.compile(f"{_FLOW_WORD}(?: +(?!#){_FLOW_WORD})*")
_PLAIN_START = re.compile(f"[^{BLANKS}?:,\\[\\]{{}}#&*!|>'\"%@`-]|[-?:](?=[^{BLANKS}])")
_FLOW_PLAIN_START = re.compile(f"[^{BLANKS}?:,\\[\\]{{}}#&*!|>'\"%@`-]|-(?=[^{BLANKS}])")
_SINGLE = re.compile(r"'[^']*(?:''[^']*)*'")
_DOUBLE = re.compile(r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"')
_DOCUMENT_MARK_LINE = re.compile(f"[{BREAKS}](?:---|\\.\\.\\.)(?=[{BLANKS}]|\\Z)")
_FOLD = re.compile(f"(?<! ) *({NEWLINE})((?: *(?:{NEWLINE}))*) *")
_QUOTED_FOLD = re.compile(f"(?<![ \t])[ \t]*({NEWLINE})((?:[ \t]*(?:{NEWLINE}))*)[ \t]*")
_ONE_BREAK = re.compile(NEWLINE)
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})"
    f"|({NEWLINE})((?:[ \t]*(?:{NEWLINE}))*)[ \t]*|([\\s\\S]))"
)
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "\\": "\\", "/": "/", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_BLOCK_HEADER = re.compile(f"[|>](?:([+-])([0-9])?|([0-9])([+-])?)?(?=[ {BREAKS}]|\\Z)")
_ANCHOR = re.compile(f"[&*]([0-9A-Za-z_-]+)(?=[{BLANKS}?:,\\]}}%@`]|\\Z)")
_TAG = re.compile(
    f"!<([^{BLANKS}<>]+)>(?=[ {BREAKS}]|\\Z)"
    f"|(!(?:[0-9A-Za-z_-]*!)?)([^{BLANKS}!,\\[\\]{{}}]*)(?=[ {BREAKS}]|\\Z)"
    "|(!)(?=\t)"
)


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that matches anything, even nothing, ends."""
    found = pattern.match(text, at)
    assert found
    return found.end()


def is_blank(text: str, at: int) -> bool:
    """Whether white space or the end of the text stands at an offset."""
    return at >= len(text) or text[at] in BLANKS


def plain_end(text: str, at: int, *, flow: bool) -> int:
    """Where the plain scalar at an offset ends on its line; the offset itself where none starts."""
    if not (_FLOW_PLAIN_START if flow else _PLAIN_START).match(text, at):
        return at
    return plain_rest(text, at, flow=flow)


def plain_rest(text: str, at: int, *, flow: bool) -> int:
    """Where plain text ends on its line.

    As the continuation of a scalar it may start with any character but `#`.
    """
    if text.startswith("#", at):
        return at
    found = (_FLOW_PLAIN if flow else _PLAIN).match(text, at)
    return found.end() if found else at


def fold_plain(raw: str) -> str:
    """The content of a plain scalar: a line break becomes a space, n more become n line breaks."""
    return _FOLD.sub(_folded, raw) if _ONE_BREAK.search(raw) else raw


def _folded(found: re.Match[str]) -> str:
    first, more = _newline(found[1]), [_newline(one) for one in _ONE_BREAK.findall(found[2])]
    if first != "\n":
        return first + "".join(more)
    return "".join(more) or " "


def _newline(text: str) -> str:
    return text if text in "\u2028\u2029" else "\n"


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


def unquote(text: str, start: int, end: int) -> tuple[str, Fault | None]:
    """The content of the quoted scalar that lies between two offsets, both quotes included."""
    raw = text[start + 1 : end - 1]
    if text[start] == "'":
        raw = raw.replace("''", "'")
        return _QUOTED_FOLD.sub(_folded, raw), None
    if "\\" not in raw:
        return _QUOTED_FOLD.sub(_folded, raw), None
    chunks: list[str] = []
    fault: Fault | None = None
    at = 0
    for found in _ESCAPE.finditer(raw):
        chunks.append(_QUOTED_FOLD.sub(_folded, raw[at : found.start()]))
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
    chunks.append(_QUOTED_FOLD.sub(_folded, raw[at:]))
    return "".join(chunks), fault


def _unescape(found: re.Match[str]) -> str | None:
    code = found[1] or found[2] or found[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else None
    if found[4]:
        return "".join(_newline(one) for one in _ONE_BREAK.findall(found[5]))
    return _ESCAPES.get(found[6])


@dataclass(frozen=True, slots=True)
class BlockScalar:
    """A block scalar that was read: its content, where it ends, where the next line begins."""

    content: str
    end: int
    next_line: int
    fault: Fault | None


def block_scalar(text: str, at: int, parent_indent: int) -> BlockScalar:
    """Read the block scalar whose `|` or `>` is at an offset, inside a block of some indent."""
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
        rest = REST.match(text, at)
        assert rest
        message = f"after `{text[at]}` only `+`, `-`, a digit from 1 to 9 and a comment may follow"
        fault = Fault("yaml-syntax", message, (at, rest.end()))
        line_end = NEXT_LINE.match(text, at)
    assert line_end
    least = max(parent_indent + 1, 1)
    indent = least + digit - 1 if digit else None
    content, end, next_line = _block_lines(text, line_end.end(), least, indent, text[at], chomp)
    return BlockScalar(content, max(end, after_header), next_line, fault)


def _block_lines(
    text: str, at: int, least: int, indent: int | None, style: str, chomp: str
) -> tuple[str, int, int]:
    """The lines of a block scalar: content, its end, the start of the line after it."""
    if indent is None:
        indent = max(least, _detect_indent(text, at))
    chunks: list[str] = []
    end = at
    line_break = ""
    breaks, at, column = _empty_lines(text, at, indent)
    while column == indent and at < len(text):
        chunks.extend(breaks)
        rest = REST.match(text, at)
        assert rest
        line = rest[0]
        chunks.append(line)
        end = rest.end()
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
    """The greatest number of spaces before the first line with content, that line included."""
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
    """Skip empty lines and the next line's indent: the breaks, the offset, and its column."""
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
    found = _ONE_BREAK.match(text, at)
    return (_newline(found[0]), found.end()) if found else ("", at)


@dataclass(frozen=True, slots=True)
class Properties:
    """`&anchor` and `!tag` before a node."""

    start: int
    end: int
    anchor: str | None
    tag: str | None
    fault: Fault | None


def properties(text: str, at: int) -> Properties:
    """Read an anchor and a tag, in either order; `end` is `start` where there is none.

    Two anchors or two tags before one node are a fault, and so is a malformed one.
    """
    start = at
    anchor = tag = None
    fault: Fault | None = None
    while at < len(text) and text[at] in "&!":
        if text[at] == "&":
            found = _ANCHOR.match(text, at)
            twice = anchor is not None
            anchor = found[1] if found else ""
        else:
            found = _TAG.match(text, at)
            twice = tag is not None
            tag = _tag_name(found) if found else ""
        if found is None or twice or not (anchor or tag):
            word = re.compile(f"[^{BLANKS}]*").match(text, at)
            assert word
            kind = "anchor" if text[at] == "&" else "tag"
            message = f"`{word[0]}` is not a valid {kind} here"
            fault = fault or Fault("yaml-syntax", message, (at, word.end()))
            end = word.end()
        else:
            end = found.end()
        spaces = SPACES.match(text, end)
        assert spaces
        at = spaces.end()
        if at == end:
            return Properties(start, end, anchor or None, tag or None, fault)
    return Properties(start, at, anchor or None, tag or None, fault)


def _tag_name(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    handle, suffix = found[2] or found[4], found[3] or ""
    return "tag:yaml.org,2002:" + suffix if handle == "!!" else handle + suffix


def alias(text: str, at: int) -> tuple[str, int, Fault | None]:
    """Read `*name`: the name, where it ends, and what is wrong with it."""
    found = _ANCHOR.match(text, at)
    if found:
        return found[1], found.end(), None
    word = re.compile(f"[^{BLANKS},\\[\\]{{}}]*").match(text, at)
    assert word
    end = max(word.end(), at + 1)
    message = f"`{text[at:end]}` is not a valid alias; an alias is `*` and letters or digits"
    return text[at + 1 : end], end, Fault("yaml-syntax", message, (at, end))
