"""What a run used besides its settings: versions, options, the state of its repository."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainsmith_schemas import __version__
from trainsmith_trainer.config.load import ResolvedConfig

_SECONDS = 5.0
"""The time limit for a git command, which may be slow in a huge repository."""


def provenance(config: ResolvedConfig, library: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of a run, for `resolved.yaml`.

    Args:
        config: the recipe; the git repository is the one that contains it.
        library: the backend's versions.
    """
    folder = config.path.absolute().parent
    commit = _git(folder, "rev-parse", "HEAD")
    status = _git(folder, "status", "--porcelain") if commit else None
    return {
        "options": " ".join(config.options) or None,
        "trainsmith": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **library,
        "git_commit": commit,
        # Untracked files count: the recipe may be one.
        "git_uncommitted_changes": None if status is None else bool(status),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """The output of git; `None` without git, outside a repository, or after the time limit."""
    # A repository can configure a program here, which git would run.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
