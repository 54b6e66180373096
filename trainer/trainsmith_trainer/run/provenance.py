"""What a run was made with besides its settings: versions, options, the state of its repository."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainsmith_schemas import __version__
from trainsmith_trainer.config.load import ResolvedConfig

_SECONDS = 5.0
"""For a question to git, which may be slow in a huge repository. The run does not wait longer."""


def provenance(config: ResolvedConfig, library: Mapping[str, Any]) -> dict[str, Any]:
    """What `resolved.yaml` says of a run's origin.

    Args:
        config: the recipe; the repository is the one that it lies in.
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
    """What git answers; nothing without git, outside of a repository, or after too long a wait."""
    # A repository may name a program here that git would run.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
