"""Diagnostics as commands of GitHub Actions, which shows them in the diff of a pull request.

The format is documented under "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Iterable

from trainsmith_server.command_line.reports import Checked, place
from trainsmith_server.document.diagnostics import Diagnostic
from trainsmith_system.text import printable

_COMMANDS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}


def github_report(checked: Iterable[Checked]) -> str:
    """One command per line."""
    return "\n".join(
        _command(one, diagnostic) for one in checked for diagnostic in one.analysis.diagnostics
    )


def _command(one: Checked, diagnostic: Diagnostic) -> str:
    where = place(diagnostic.span, one.analysis.lines)
    properties = {"file": one.path, "line": where["line"]}
    # GitHub accepts columns only for a diagnostic on one line.
    if where["line"] == where["endLine"]:
        properties |= {"col": where["column"], "endColumn": where["endColumn"]}
    properties["title"] = diagnostic.code
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_data(diagnostic.message)}"


def _data(text: str) -> str:
    # `printable` leaves line breaks, which must not begin another command.
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
