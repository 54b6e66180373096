"""`trainsmith check`: the editor's findings on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trainsmith_server.analysis.analyze import analyze
from trainsmith_server.analysis.findings import Finding
from trainsmith_server.analysis.lines import LineIndex
from trainsmith_server.analysis.result import Analysis
from trainsmith_server.analysis.tree import Span

_COLORS = {"error": "red", "warning": "yellow", "information": "blue", "hint": "cyan"}
_LONGEST_LINE = 200


class UnreadableError(Exception):
    """A path that cannot be checked; the message says why."""


@dataclass(frozen=True, slots=True)
class _Checked:
    path: str
    named: bool
    """It was named itself, not found in a folder."""
    analysis: Analysis


def check_paths(paths: Iterable[str], output_format: str = "text") -> int:
    """Check files and folders and print what is found.

    Returns the exit status: 0 without errors, 1 with errors, 2 where a path cannot be read. Paths
    that can be read are reported even if others cannot.
    """
    read = [_check(path, named) for path, named in _files(paths)]
    checked = [one for one in read if one is not None]
    unreadable = len(checked) < len(read)
    # Text that a terminal cannot show must not end the report.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    if output_format == "json":
        click.echo(json.dumps(_to_json(checked), indent=2))
    else:
        _print_text(checked)
    errors = any(f.severity == "error" for one in checked for f in one.analysis.findings)
    return 2 if unreadable else 1 if errors else 0


def _files(paths: Iterable[str]) -> Iterator[tuple[Path, bool]]:
    """Each file once, in the order of the arguments; folders give their YAML files by name."""
    seen: set[Path] = set()
    for argument in paths:
        path = Path(argument)
        found = [path]
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))
            found = [file for file in found if file.is_file()]
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, file == path


def _check(path: Path, named: bool) -> _Checked | None:
    """Check a file; one that cannot be read is reported at once and gives nothing."""
    try:
        return _Checked(str(path), named, _analyze(path))
    except UnreadableError as error:
        click.echo(f"trainsmith check: {error}", err=True)
        return None


def _analyze(path: Path) -> Analysis:
    try:
        # Not `read_text`: it would turn every line break into `\n`.
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise UnreadableError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{path} is not UTF-8 (byte {error.object[error.start]:#04x} at offset {error.start});"
            " save it as UTF-8"
        ) from None
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}") from None
    return analyze(text, path.as_uri() if path.is_absolute() else str(path))


def _to_json(checked: Iterable[_Checked]) -> list[dict[str, Any]]:
    return [
        {
            "path": one.path,
            **_place(finding.span, one.analysis.lines),
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
            "fixes": [
                {
                    "title": fix.title,
                    "edits": [
                        {**_place(edit.span, one.analysis.lines), "newText": edit.new_text}
                        for edit in fix.edits
                    ],
                }
                for fix in finding.fixes
            ],
        }
        for one in checked
        for finding in one.analysis.findings
    ]


def _place(span: Span, lines: LineIndex) -> dict[str, int]:
    """Lines and columns from 1; columns count characters."""
    (line, column), (end_line, end_column) = (lines.position(offset) for offset in span)
    return {
        "line": line + 1,
        "column": column + 1,
        "endLine": end_line + 1,
        "endColumn": end_column + 1,
    }


def _print_text(checked: list[_Checked]) -> None:
    for one in checked:
        for finding in one.analysis.findings:
            click.echo(_finding_text(one, finding) + "\n")
    click.echo(_summary(checked))


def _finding_text(one: _Checked, finding: Finding) -> str:
    lines = one.analysis.lines
    line, column = lines.position(finding.span[0])
    color = _COLORS[finding.severity]
    place = click.style(f"{one.path}:{line + 1}:{column + 1}:", bold=True)
    code = click.style(f"{finding.severity}[{finding.code}]", fg=color, bold=True)
    parts = [f"{place} {code} {finding.message}", _excerpt(finding, lines, color)]
    parts += [f"    {click.style('fix:', fg='green')} {fix.title}" for fix in finding.fixes]
    return "\n".join(parts)


def _excerpt(finding: Finding, lines: LineIndex, color: str) -> str:
    """The line that a finding begins on, with its span underlined."""
    line, column = lines.position(finding.span[0])
    end = min(finding.span[1], lines.line_end(line))
    source = lines.line_text(line)
    width = max(1, end - finding.span[0])
    shift = max(0, column - _LONGEST_LINE // 2)
    shown = source[shift : shift + _LONGEST_LINE].replace("\t", " ")
    width = min(width, max(1, len(shown) - (column - shift)))
    number = str(line + 1)
    gutter = " " * len(number)
    marks = " " * (column - shift) + click.style("^" * width, fg=color, bold=True)
    return f"  {number} | {_visible(shown)}\n  {gutter} | {marks}"


def _visible(text: str) -> str:
    """A line without characters that would move the cursor."""
    return "".join(char if char.isprintable() or char == " " else "�" for char in text)


def _summary(checked: list[_Checked]) -> str:
    ours = [one for one in checked if one.analysis.kind]
    counts: dict[str, int] = {}
    for one in ours:
        for finding in one.analysis.findings:
            counts[finding.severity] = counts.get(finding.severity, 0) + 1
    names = {"information": "remark", "hint": "hint", "error": "error", "warning": "warning"}
    found = [_count(counts[key], names[key]) for key in _COLORS if key in counts]
    parts = [f"{', '.join(found)} in {_count(len(ours), 'file')}" if found else ""]
    if not found and ours:
        parts = [f"{_count(len(ours), 'file')} checked, nothing to report"]
    if not ours:
        parts = ["no training document found"]
    parts += [
        f"{one.path}: not a training document"
        for one in checked
        if one.named and not one.analysis.kind
    ]
    return "\n".join(part for part in parts if part)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
