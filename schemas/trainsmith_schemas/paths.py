"""What a path in a document may hold beside folders and names."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path

ROOT_VARIABLES = ("TT_METAL_RUNTIME_ROOT", "TT_METAL_HOME")
"""The variables for the top of tt-metal; the second is the older."""
_VARIABLE = re.compile(rf"\$(?:({'|'.join(ROOT_VARIABLES)})\b|\{{({'|'.join(ROOT_VARIABLES)})\}})")
"""What tt-train expands in paths. Other variables are none of our business."""


class UnsetVariableError(ValueError):
    """A path has a variable in it that is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable `{name}` is not set")
        self.name = name


def expand(written: str, environment: Mapping[str, str]) -> str:
    """A path as it is written, with the values of its variables.

    Raises:
        UnsetVariableError: one of them is not in the environment.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environment:
            raise UnsetVariableError(name)
        return environment[name]

    return _VARIABLE.sub(value, written)


def is_pattern(path: str) -> bool:
    """Whether a path may stand for several files: `data/*.txt`, `data/**/*.jsonl`, `part-[0-9]`."""
    return glob.has_magic(path)


def files_at(folder: Path, written: str) -> list[Path]:
    """The file of that name, or else those that fit the pattern, by name.

    `**` stands for any folders in between; names that begin with a dot are left out.

    Args:
        folder: where a relative path begins.
        written: the path or the pattern.
    """
    if (folder / written).is_file():
        return [folder / written]
    if not is_pattern(written):
        return []
    # Not `Path.glob`: it takes no absolute patterns, and finds names that begin with a dot.
    found = glob.iglob(written, root_dir=folder, recursive=True)  # noqa: PTH207
    return sorted(folder / one for one in found if (folder / one).is_file())
