"""Text from outside, made safe to print."""

from __future__ import annotations

import re

# Control characters except line breaks and tabs; characters that change the direction of what
# follows, or that cannot be seen (Unicode Technical Report 36, "Bidirectional Text Spoofing").
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Text for a terminal: what would control the terminal is written as an escape, `\x1b`.

    Line breaks and tabs stay.
    """
    return _UNSAFE.sub(lambda found: _escape(found.group()), text)


def one_line(text: str) -> str:
    r"""Text for a place of one line: as `printable`, and line breaks and tabs as `\n` and `\t`."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def without_links(text: str) -> str:
    """One line for a notification of VS Code, which turns `[text](command:…)` into a link."""
    return one_line(text).replace("](", "] (")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
