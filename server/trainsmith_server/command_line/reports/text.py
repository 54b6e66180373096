"""Diagnostics as text for people."""

from __future__ import annotations

import click

from trainsmith_server.command_line.reports import Checked, shown
from trainsmith_server.document.diagnostics import Diagnostic, Related
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_system.text import one_line, without_commands

_COLORS = {"error": "red", "warning": "yellow", "information": "blue", "hint": "cyan"}
_LONGEST_LINE = 200


def text_report(checked: list[Checked]) -> str:
    """Each diagnostic with its line, and a summary."""
    diagnostics = [
        _diagnostic_text(one, diagnostic) + "\n"
        for one in checked
        for diagnostic in one.analysis.diagnostics
    ]
    return "\n".join((*diagnostics, _summary(checked)))


def _diagnostic_text(one: Checked, diagnostic: Diagnostic) -> str:
    lines = one.analysis.lines
    line, column = lines.position(diagnostic.span[0])
    color = _COLORS[diagnostic.severity]
    place = click.style(f"{one_line(one.path)}:{line + 1}:{column + 1}:", bold=True)
    code = click.style(f"{diagnostic.severity}[{diagnostic.code}]", fg=color, bold=True)
    parts = [f"{place} {code} {one_line(diagnostic.message)}", _excerpt(diagnostic, lines, color)]
    parts += [f"    {_elsewhere(one, other)}" for other in diagnostic.related if other.source]
    fix_label = click.style("fix:", fg="green")
    parts += [f"    {fix_label} {one_line(fix.title)}" for fix in diagnostic.fixes]
    return "\n".join(parts)


def _elsewhere(one: Checked, related: Related) -> str:
    """A place in another file, which the excerpt does not show."""
    assert related.source
    line, column = related.source.lines.position(related.span[0])
    return one_line(f"{shown(one, related.source)}:{line + 1}:{column + 1}: {related.message}")


def _excerpt(diagnostic: Diagnostic, lines: LineIndex, color: str) -> str:
    """The first line of a diagnostic, with its span underlined."""
    line, column = lines.position(diagnostic.span[0])
    end = min(diagnostic.span[1], lines.line_end(line))
    source = lines.line_text(line)
    width = max(1, end - diagnostic.span[0])
    shift = max(0, column - _LONGEST_LINE // 2)
    shown = source[shift : shift + _LONGEST_LINE].replace("\t", " ")
    width = min(width, max(1, len(shown) - (column - shift)))
    number = str(line + 1)
    gutter = " " * len(number)
    marks = " " * (column - shift) + click.style("^" * width, fg=color, bold=True)
    return f"  {number} | {_visible(shown)}\n  {gutter} | {marks}"


def _visible(text: str) -> str:
    """A line in which control characters are replaced, and which is no command for a CI system."""
    visible = "".join(char if char.isprintable() or char == " " else "�" for char in text)
    return without_commands(visible)


def _summary(checked: list[Checked]) -> str:
    known = [one for one in checked if one.analysis.kind]
    counts: dict[str, int] = {}
    for one in known:
        for diagnostic in one.analysis.diagnostics:
            counts[diagnostic.severity] = counts.get(diagnostic.severity, 0) + 1
    names = {"information": "remark", "hint": "hint", "error": "error", "warning": "warning"}
    found = [_count(counts[key], names[key]) for key in _COLORS if key in counts]
    parts = [f"{', '.join(found)} in {_count(len(known), 'file')}" if found else ""]
    if not found and known:
        parts = [f"{_count(len(known), 'file')} checked, nothing to report"]
    if not known:
        parts = ["no training document found"]
    parts += [
        f"{one_line(one.path)}: not a training document"
        for one in checked
        if one.named and not one.analysis.kind
    ]
    return "\n".join(part for part in parts if part)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
