"""What a run used besides its settings: versions, options, the state of its repository."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from trainsmith_schemas import __version__
from trainsmith_system.git import git_state
from trainsmith_trainer.config.load import ResolvedConfig


def provenance(config: ResolvedConfig, library: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance of a run, for `resolved.yaml`.

    Args:
        config: the recipe; the git repository is the one that contains it.
        library: the backend's versions.
    """
    git = git_state(config.path.absolute().parent)
    return {
        "options": " ".join(config.options) or None,
        "trainsmith": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **library,
        "git_commit": git and git.commit,
        "git_uncommitted_changes": git and git.uncommitted_changes,
    }
