"""Text from outside, made safe to show."""

from __future__ import annotations

import json
import re

# Control characters except line breaks and tabs; characters that are invisible or change the
# direction of what follows (Unicode Technical Report 36). Joiners stay: emoji, Persian and Indic
# scripts are written with them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NOT_ASCII = re.compile("[^\x00-\x7f]")


def printable(text: str) -> str:
    r"""Text for a terminal: what would control the terminal is written as an escape, `\u001b`.

    Line breaks and tabs stay. JSON stays JSON with the same values.
    """
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def one_line(text: str) -> str:
    r"""Text for a place of one line: as `printable`, and line breaks and tabs as `\n` and `\t`."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def without_links(text: str) -> str:
    """One line for a notification of VS Code, which turns `[text](command:…)` into a link."""
    return one_line(text).replace("](", "] (")


def encodable(text: str, encoding: str) -> str:
    r"""Text that an encoding can represent: if it can't, other characters become `\u00e9`."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return _NOT_ASCII.sub(lambda found: json.dumps(found.group())[1:-1], text)
    return text
