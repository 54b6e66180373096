"""Variables and patterns in the paths of a document."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path

ROOT_VARIABLES = ("TT_METAL_RUNTIME_ROOT", "TT_METAL_HOME")
"""The environment variables for tt-metal's root folder; the second is the older name."""
_VARIABLE = re.compile(rf"\$(?:({'|'.join(ROOT_VARIABLES)})\b|\{{({'|'.join(ROOT_VARIABLES)})\}})")
"""The variables that tt-train expands in paths. All others are left as they are."""


class UnsetVariableError(ValueError):
    """A path contains a variable that is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable `{name}` is not set")
        self.name = name


def expand(written: str, environment: Mapping[str, str]) -> str:
    """Replace the variables in a path by their values.

    Raises:
        UnsetVariableError: a variable is not in the environment.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environment:
            raise UnsetVariableError(name)
        return environment[name]

    return _VARIABLE.sub(value, written)


def is_pattern(path: str) -> bool:
    """Whether a path may match several files: `data/*.txt`, `data/**/*.jsonl`, `part-[0-9]`."""
    return glob.has_magic(path)


def is_file(path: Path) -> bool:
    """Whether a path is a regular file; `False` if it cannot be one, such as an overlong name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; `False` if it cannot be one, as for `is_file`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def files_at(folder: Path, written: str) -> list[Path]:
    """The file at a path, or else the files that match it as a pattern, sorted by name.

    `**` matches any number of folders. Names that begin with a dot are skipped.

    Args:
        folder: the folder that a relative path is relative to.
        written: the path or pattern.
    """
    if is_file(folder / written):
        return [folder / written]
    if not is_pattern(written):
        return []
    # `Path.glob` rejects absolute patterns and finds names that begin with a dot.
    found = glob.iglob(written, root_dir=folder, recursive=True)  # noqa: PTH207
    return sorted(folder / one for one in found if is_file(folder / one))
