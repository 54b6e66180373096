"""`trainsmith check --fix` and `--diff`: apply the safe fixes to files."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.code_actions import fix_all
from trainsmith_server.lint.analyze import analyze
from trainsmith_system.text import one_line

_MOST_ROUNDS = 20
"""A fix may enable another one; fixes that undo each other must not loop forever."""


def fixed(analysis: Analysis) -> Analysis:
    """The text after applying safe fixes until nothing changes; its line breaks are kept."""
    crlf = "\r\n" in analysis.text
    for _ in range(_MOST_ROUNDS):
        edits = fix_all(analysis)
        if crlf:
            edits = tuple(
                replace(edit, new_text=edit.new_text.replace("\r\n", "\n").replace("\n", "\r\n"))
                for edit in edits
            )
        text = apply_edits(analysis.text, edits)
        if text == analysis.text:
            break
        analysis = analyze(text, analysis.uri, analysis.options)
    return analysis


def unified_diff(path: str, before: str, after: str) -> str:
    """The changes in a file, in the format of `diff -u`; empty if there are none."""
    # Not `splitlines`, which also splits at other characters.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    lines: list[str] = []
    # A line break in a path would begin the header of another file, which `patch` would change.
    name = one_line(path)
    for line in difflib.unified_diff(old, new, name, name):
        ended = line.endswith("\n")
        lines.append(line if ended else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)
