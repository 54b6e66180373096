"""Tabs where YAML allows only spaces: what they count for, and the edits that replace them."""

from __future__ import annotations

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.tree import Fault, SyntaxFix

_INDENT = 2
"""Columns that a tab counts for, since it must count for something."""


def separator(text: str, at: int) -> tuple[int, Fault]:
    """Skip the tabs at an offset, with the spaces among them."""
    end = scan.end_of(scan.SPACES_AND_TABS, text, at)
    blank = end >= len(text) or text[end] in scan.BREAKS
    fix = SyntaxFix("Replace the tab by a space", (at, end), "" if blank else " ")
    return end, Fault("yaml-tab", "a tab separates nothing in YAML; use spaces", (at, end), fix)


def indentation(text: str, at: int, tab: int) -> tuple[int, int, Fault]:
    """Where content starts on a line with a tab before it, and the column that it stands for."""
    start = scan.end_of(scan.SPACES_AND_TABS, text, at)
    column = 0
    for char in text[at:start]:
        column += 1 if char == " " else _INDENT - column % _INDENT
    fix = SyntaxFix("Replace tabs by spaces", (at, start), " " * column)
    return (
        start,
        column,
        Fault("yaml-tab", "YAML allows no tab in the indentation", (tab, start), fix),
    )
