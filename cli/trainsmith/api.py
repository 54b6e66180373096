"""The public Python API: what the editor says about a text, for other programs.

`docs/python-api.md` describes it. No other name of our packages is meant to be imported by others.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.command_line.reports import place
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.features.diagnostics import diagnostics
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.workspace.references import Files

__all__ = ["Finding", "check_text"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, doubtful or worth knowing."""

    code: str
    """What it is, such as `lr-too-high`."""
    severity: Literal["error", "warning", "information", "hint"]
    message: str
    """One sentence in Markdown."""
    line: int
    """From 1, as all of these."""
    column: int
    """In characters."""
    end_line: int
    end_column: int
    """Behind the last character."""


def check_text(
    text: str, path: str | os.PathLike[str] | None = None, profile: Trainer | None = None
) -> tuple[Finding, ...]:
    """Check a training recipe or a model file; any other text has no findings.

    Args:
        text: the YAML.
        path: the file that it is of, or will be. With it, the files that the text names are looked
            for, beside it and then in the working directory.
        profile: the trainer to judge for, unless the text names another itself.

    Returns:
        What is wrong, in the order of the text. Nothing in the text raises.
    """
    uri = Path(path).absolute().as_uri() if path is not None else ""
    analysis = analyze(text, uri, LintOptions(profile))
    files = Files()
    files.folders = (Path.cwd(),)
    return tuple(
        Finding(
            found.code,
            found.severity,
            found.message,
            where["line"],
            where["column"],
            where["endLine"],
            where["endColumn"],
        )
        for found in diagnostics(analysis, files)
        for where in [place(found.span, analysis.lines)]
    )
