"""The public Python API: the editor's diagnostics of a text, for other programs.

`docs/python-api.md` describes it. All other names in our packages are private.
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
    """Such as `lr-too-high`."""
    severity: Literal["error", "warning", "information", "hint"]
    message: str
    """One sentence in Markdown."""
    line: int
    """Counted from 1, as are the others."""
    column: int
    """In characters."""
    end_line: int
    end_column: int
    """After the last character."""


def check_text(
    text: str, path: str | os.PathLike[str] | None = None, profile: Trainer | None = None
) -> tuple[Finding, ...]:
    """Check a training recipe or a model file; other texts are not checked.

    Args:
        text: the YAML.
        path: where the text is or will be saved. With it, the files that the recipe refers to are
            checked too; they are looked up beside it, then in the working directory.
        profile: the trainer to check for, unless a comment in the text names one.

    Returns:
        The problems, in the order of the text. It never raises because of the text.
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
