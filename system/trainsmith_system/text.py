"""Text from outside, made safe to show."""

from __future__ import annotations

import json
import re

# Control characters except line breaks and tabs; characters that are invisible or change the
# direction of what follows (Unicode Technical Report 36). Joiners stay: emoji, Persian and Indic
# scripts are written with them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_COMMAND = re.compile(r"\A(\s*):(?=:)|#(?=#(?:vso|teamcity)?\[)")
_MARKUP = re.compile(r"[\\`\[<@]|(?<=/)/|(?<=www)\.", re.IGNORECASE)
"""What begins a link, a picture, code or HTML; the last three are in addresses."""
_NOT_ASCII = re.compile("[^\x00-\x7f]")


def printable(text: str) -> str:
    r"""Text for a terminal: what would control the terminal is written as an escape, `\u001b`.

    Line breaks and tabs stay. JSON stays JSON with the same values.
    """
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    """The escape of a character in JSON; above U+FFFF, of both of its halves."""
    units = found.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def is_text(name: str) -> bool:
    """Whether a name of a file is text: on Linux, names are bytes, and need not be UTF-8."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def one_line(text: str) -> str:
    r"""Text for a place of one line: as `printable`, and line breaks and tabs as `\n` and `\t`."""
    return without_commands(printable(text).replace("\n", "\\n").replace("\t", "\\t"))


def without_commands(line: str) -> str:
    r"""A line that no CI system takes for a command.

    GitHub Actions reads `::` at the beginning of a line, after spaces too. Azure Pipelines reads
    `##vso[` and `##[` anywhere in it, TeamCity `##teamcity[`.
    """
    return _COMMAND.sub(lambda found: f"{found[1] or ''}\\u{ord(found[0][-1]):04x}", line)


def markdown(text: str) -> str:
    r"""One line of text in Markdown, where it is no link, picture, code or HTML."""
    return _MARKUP.sub(r"\\\g<0>", one_line(text))


def shortened(text: str, most: int) -> str:
    """A text without its end, if it has more characters: a file may have a key of a megabyte."""
    return text if len(text) <= most else text[: most - 1] + "…"


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
