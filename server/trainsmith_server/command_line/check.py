"""`trainsmith check`: the editor's diagnostics on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import click

from trainsmith_schemas.paths import (
    Search,
    TooManyEntriesError,
    is_pattern,
    unlinked_paths_at,
)
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.command_line.fixing import fixed, unified_diff
from trainsmith_server.command_line.reports import Checked
from trainsmith_server.command_line.reports.github import github_report
from trainsmith_server.command_line.reports.json import json_report
from trainsmith_server.command_line.reports.sarif import sarif_report
from trainsmith_server.command_line.reports.text import text_report
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.features.diagnostics import diagnostics
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.workspace.paths import path_of
from trainsmith_server.workspace.project_config import Projects, merge, of_the_environment
from trainsmith_server.workspace.references import Files, yaml_files
from trainsmith_system import limits
from trainsmith_system.folders import resolved
from trainsmith_system.reading import read_bytes
from trainsmith_system.terminal import say, write_result
from trainsmith_system.writing import replace_file

Format = Literal["text", "json", "sarif", "github"]
STDIN = "-"
_MOST_SEARCHED = 1_000_000
"""Entries of folders that one pattern may cover."""
NO_NAME = "<stdin>"
_REPORTS: Mapping[Format, Callable[[list[Checked]], str]] = {
    "text": text_report,
    "json": json_report,
    "sarif": sarif_report,
    "github": github_report,
}


class UnreadableError(Exception):
    """A path can't be checked; the message explains why."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The options of the command line."""

    output_format: Format = "text"
    fix: bool = False
    diff: bool = False
    strict: bool = False
    """Warnings count as errors."""
    profile: Trainer | None = None
    stdin_filename: str = NO_NAME


def check_paths(paths: Iterable[str], options: CheckOptions | None = None) -> int:
    """Check files and folders and print a report.

    Returns the exit status: 0 without errors, 1 with errors (for `diff`: with a difference), 2 if a
    path can't be read. The other paths are still reported.
    """
    options = options or CheckOptions()
    # Characters that the terminal can't show must not stop the report.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    projects = Projects()
    expanded = [_expanded(argument) for argument in paths]
    files = _files(path for several in expanded for path in several or ())
    read = [_check(path, named, options, projects) for path, named in files]
    checked = [one for one in read if one is not None]
    failed = None in expanded or len(checked) < len(read)
    if options.diff:
        differs = sum(_print_diff(one) for one in checked)
        return 2 if failed else 1 if differs else 0
    if options.fix:
        kept = [_fix(one) for one in checked]
        checked = [one for one in kept if one is not None]
        failed = failed or len(checked) < len(kept)
    checked = _with_other_files(checked, options, projects)
    report = _REPORTS[options.output_format](checked)
    if report:
        # With a fixed text on stdout, the report goes to stderr.
        click.echo(report, err=options.fix and any(one.stdin for one in checked))
    failing = ("error", "warning") if options.strict else ("error",)
    errors = any(f.severity in failing for one in checked for f in one.analysis.diagnostics)
    return 2 if failed else 1 if errors else 0


def _with_other_files(
    checked: Iterable[Checked], options: CheckOptions, projects: Projects
) -> list[Checked]:
    """The files with the diagnostics that depend on other files, as in the editor."""

    def lint_options(uri: str) -> LintOptions:
        try:
            return _lint_options(path_of(uri) or Path(), options, projects)
        except UnreadableError:  # Already reported, or not one of the paths to check.
            return LintOptions(options.profile)

    files = Files(options=lint_options)
    files.folders = (Path.cwd(),)
    return [
        replace(one, analysis=replace(one.analysis, diagnostics=diagnostics(one.analysis, files)))
        for one in checked
    ]


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, in the order of the paths; a folder's YAML files are sorted by name."""
    seen: set[Path] = set()
    for path in paths:
        found = [path]
        if path.is_dir():
            found = [file for folder in yaml_files(path) for file in folder if file.is_file()]
        for file in found:
            place = _resolved(file)
            if place not in seen:
                seen.add(place)
                yield file, file == path


def _resolved(file: Path) -> Path:
    """The path without links; as it is if that is impossible, so that reading it fails."""
    try:
        return resolved(file)
    except OSError:
        return file


def _expanded(argument: str) -> list[Path] | None:
    """The paths that match a pattern, if the shell has not expanded it.

    If it covers too many entries of folders, report that and return `None`.
    """
    path = Path(argument)
    if argument == STDIN or not is_pattern(argument) or path.exists():
        return [path]
    try:
        return unlinked_paths_at(Path(), argument, Search(_MOST_SEARCHED)) or [path]
    except TooManyEntriesError as error:
        _complain(f"{argument} was not checked: {error}; write a narrower pattern")
        return None


def _check(path: Path, named: bool, options: CheckOptions, projects: Projects) -> Checked | None:
    """Check a file; if it can't be read, report that and return `None`."""
    try:
        if str(path) == STDIN:
            text, shown = _decoded(_standard_input(), "stdin"), options.stdin_filename
        else:
            text, shown = _read(path), str(path)
        lint_options = _lint_options(Path(shown), options, projects)
    except UnreadableError as error:
        _complain(str(error))
        return None
    stdin = str(path) == STDIN
    # Text from stdin has a location only if it has a file name.
    is_file = not stdin or options.stdin_filename != NO_NAME
    uri = Path(shown).absolute().as_uri() if is_file else shown
    return Checked(shown, named, analyze(text, uri, lint_options), stdin)


def _lint_options(path: Path, options: CheckOptions, projects: Projects) -> LintOptions:
    """The settings for a file: those of the command line, then those of its project file."""
    try:
        project = projects.around(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"can't read the .trainsmith.yaml of {path}: {error}") from None
    if project is None:
        return merge(LintOptions(options.profile), of_the_environment())
    if project.faults:
        fault = project.faults[0]
        line, column = project.lines.position(fault.span[0])
        raise UnreadableError(f"{project.path}:{line + 1}:{column + 1}: {fault.message}")
    return merge(LintOptions(options.profile), project.options, of_the_environment())


def _standard_input() -> bytes:
    content = sys.stdin.buffer.read(limits.RECIPE + 1)
    if len(content) > limits.RECIPE:
        raise UnreadableError(f"can't read stdin: it is larger than {limits.RECIPE:,} bytes")
    return content


def _read(path: Path) -> str:
    try:
        # Not `read_text`: it would turn every line break into `\n`.
        return _decoded(read_bytes(path, limits.RECIPE), str(path))
    except FileNotFoundError:
        missing = "matches no file" if is_pattern(str(path)) else "does not exist"
        raise UnreadableError(f"{path} {missing}") from None
    except OSError as error:
        raise UnreadableError(f"can't read {path}: {error.strerror}") from None


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"{name} is not UTF-8 (byte {error.object[error.start]:#04x} at offset {error.start});"
            " save it as UTF-8"
        ) from None


def _print_diff(one: Checked) -> bool:
    diff = unified_diff(one.path, one.analysis.text, fixed(one.analysis).text)
    write_result(diff)
    return bool(diff)


def _fix(one: Checked) -> Checked | None:
    """Fix a file and return what remains; if it can't be written, report that and return `None`."""
    after = fixed(one.analysis)
    try:
        if one.stdin:
            write_result(after.text)
        elif after.text != one.analysis.text:
            replace_file(Path(one.path), after.text.encode())
            say(f"fixed {one.path}", error=True)
    except OSError as error:
        _complain(f"can't write {one.path}: {error.strerror}; the file is unchanged")
        return None
    return replace(one, analysis=after)


def _complain(message: str) -> None:
    say(f"trainsmith check: {message}", error=True)
