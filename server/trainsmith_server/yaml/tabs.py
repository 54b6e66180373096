"""Tabs where YAML allows only spaces: their width, and the edits that replace them."""

from __future__ import annotations

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.tree import Fault, SyntaxFix

_INDENT = 2
"""The width of a tab in columns."""


def separator(text: str, at: int) -> tuple[int, Fault]:
    """Skip the tabs and spaces at an offset."""
    end = scan.end_of(scan.SPACES_AND_TABS, text, at)
    blank = end >= len(text) or text[end] in scan.BREAKS
    fix = SyntaxFix("Replace the tab with a space", (at, end), "" if blank else " ")
    return end, Fault("yaml-tab", "tabs are not separators in YAML; use spaces", (at, end), fix)


def indentation(text: str, at: int, tab: int) -> tuple[int, int, Fault]:
    """The start and the column of the content on a line with a tab in its indentation."""
    start = scan.end_of(scan.SPACES_AND_TABS, text, at)
    column = 0
    for char in text[at:start]:
        column += 1 if char == " " else _INDENT - column % _INDENT
    fix = SyntaxFix("Replace tabs with spaces", (at, start), " " * column)
    return (
        start,
        column,
        Fault("yaml-tab", "YAML does not allow tabs in indentation", (tab, start), fix),
    )
