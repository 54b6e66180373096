"""Questions to git about a repository that may be hostile.

A repository's own configuration names programs: filters, hooks, a file system monitor, helpers of
remotes. All of these are switched off here. Filters of the user's own configuration, such as Git
LFS, still work.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainsmith_system.children import program_in_path

_SECONDS = 5.0
"""How long git may take for one answer; a huge repository may need longer, and is then unknown."""

_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "protocol.allow": "never",
    # A folder that looks like a repository without a worktree could bring its own configuration.
    "safe.bareRepository": "explicit",
}
_VARIABLES = {
    # A repository's `protocol.ext.allow` overrides `protocol.allow`, and nothing overrides this.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
_PLAIN_NAME = re.compile(r"[\w.-]*", re.ASCII)
_OWN_SCOPES = ("system", "global", "command")
"""Where settings are the user's or ours. All others belong to the repository."""


@dataclass(frozen=True)
class GitState:
    """The commit of a working tree, and whether anything differs from it."""

    commit: str
    uncommitted_changes: bool | None
    """`None` if git could not tell."""


def git_state(folder: Path) -> GitState | None:
    """The state of the repository that contains a folder; `None` without a repository or git."""
    commit = _answer(folder, ["rev-parse", "HEAD"])
    if commit is None:
        return None
    filters = _repository_filters(folder)
    # A name with other characters could not be named in `-c` to switch the filter off.
    if filters is None or not all(map(_PLAIN_NAME.fullmatch, filters)):
        return GitState(commit.strip(), None)
    off = [part for name in filters for part in _without_filter(name)]
    # Untracked files count, because the recipe may be one.
    status = _answer(folder, [*off, "status", "--porcelain", "--ignore-submodules=all"])
    return GitState(commit.strip(), None if status is None else bool(status.strip()))


def _repository_filters(folder: Path) -> list[str] | None:
    """The names of the filters that the repository configures; `None` if git cannot list them."""
    listed = _answer(folder, ["config", "--list", "--includes", "--show-scope", "--null"])
    return None if listed is None else sorted(set(_filters_in(listed)))


def _filters_in(listed: str) -> Iterator[str]:
    # Scope and setting alternate: `local\0filter.name.clean\nprogram\0`.
    parts = listed.split("\0")
    for scope, setting in zip(parts[::2], parts[1::2], strict=False):
        key = setting.partition("\n")[0]
        if scope not in _OWN_SCOPES and key.startswith("filter."):
            yield key.removeprefix("filter.").rpartition(".")[0]


def _without_filter(name: str) -> Iterator[str]:
    for key, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")):
        yield from ("-c", f"filter.{name}.{key}={value}")


def _answer(folder: Path, arguments: Sequence[str]) -> str | None:
    """What git writes; `None` without git, outside of a repository, or after too long a wait."""
    git = program_in_path("git")
    if git is None:
        return None
    settings = [part for pair in _SETTINGS.items() for part in ("-c", "=".join(pair))]
    try:
        answer = subprocess.run(
            [git, *settings, "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **_VARIABLES},
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return answer.stdout
