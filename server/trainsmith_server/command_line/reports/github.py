"""Findings as commands of GitHub Actions, which shows them beside the lines of a pull request.

The format is documented under "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Iterable

from trainsmith_server.command_line.reports import Checked, place
from trainsmith_server.document.diagnostics import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}


def github_report(checked: Iterable[Checked]) -> str:
    """One command a line."""
    return "\n".join(
        _command(one, finding) for one in checked for finding in one.analysis.diagnostics
    )


def _command(one: Checked, finding: Diagnostic) -> str:
    where = place(finding.span, one.analysis.lines)
    properties = {"file": one.path, "line": where["line"]}
    # GitHub takes columns only for a finding within one line.
    if where["line"] == where["endLine"]:
        properties |= {"col": where["column"], "endColumn": where["endColumn"]}
    properties["title"] = finding.code
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
