"""The smallest edits that turn a document into its new layout."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from trainsmith_server.document.diagnostics import Edit
from trainsmith_server.features.edits.layout import Layout
from trainsmith_server.yaml.lines import LineIndex

_MANY_LINES = 1000


def replace_documents(layouts: Iterable[Layout], lines: LineIndex) -> tuple[Edit, ...]:
    """The edits that replace documents, without the lines that stay the same."""
    return tuple(edit for layout in layouts for edit in _replace(layout, lines))


def _replace(layout: Layout, lines: LineIndex) -> Iterable[Edit]:
    line_break = line_break_of(lines.text)
    old = [lines.line_text(line) for line in range(layout.first, layout.last)]
    new = layout.render()
    # Without "autojunk", lines that are repeated thousands of times take minutes.
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) > _MANY_LINES)
    for change, i1, i2, j1, j2 in matcher.get_opcodes():
        if change == "equal":
            continue
        start = _start(layout.first + i1, lines)
        end = _start(layout.first + i2, lines)
        text = "".join(line + line_break for line in new[j1:j2])
        if end == len(lines.text) and not _ends_line(lines.text):
            # The last line has no line break, before or after.
            text = text[: -len(line_break)] if text else text
            if start == end or not text:
                start = lines.line_end(layout.first + i1 - 1) if i1 else start
                text = line_break + text if text else text
        yield Edit((start, end), text)


def _ends_line(text: str) -> bool:
    return text.endswith(("\n", "\r"))


def _start(line: int, lines: LineIndex) -> int:
    return lines.starts[line] if line < len(lines.starts) else len(lines.text)


def line_break_of(text: str) -> str:
    """The line break that a text uses first."""
    found = re.search(r"\r\n|\n|\r", text)
    return found[0] if found else "\n"
