"""Which files of a workspace are checked: all, up to a number of bytes over all of them."""

from __future__ import annotations

from pathlib import Path

from trainsmith_server.lint.analyze import could_be_ours
from trainsmith_server.lint.size import MAX_TEXT, beginning
from trainsmith_server.workspace.file_cache import FileCache
from trainsmith_system.reading import read_bytes

MOST_BYTES = 1_000_000
"""Of the recipes, model files and similar texts of a workspace that are checked and kept.

That is 500 files of the usual size. The worst texts take 120 bytes of memory per byte."""
_LEAST = 500
"""In bytes: what a file costs that is smaller."""
MOST_FILES = 2000
"""The maximum number of YAML files of a workspace folder that are read."""
LARGEST = 1_000_000
"""In bytes, of a file that is read; a model file has a few hundred."""


class Checked:
    """Decides for one file after the other whether it is checked."""

    def __init__(self, costs: FileCache[int]) -> None:
        self._costs = costs
        self._left = MOST_BYTES
        self._asked = self._left_out = 0

    def takes(self, path: Path) -> bool:
        """Whether a file is one that Trainsmith may have something to say about, and fits."""
        self._asked += 1
        try:
            cost = self._costs.get(path)
        except (OSError, UnicodeDecodeError):
            return False
        if cost > self._left:
            self._left_out += 1
            return False
        self._left -= cost
        return cost > 0

    def message(self) -> str | None:
        """What to tell about the files that are left out; `None` if there are none."""
        if self._left_out:
            return (
                f"Trainsmith checks up to {MOST_BYTES:,} bytes of recipes and model files in a "
                f"workspace: {self._left_out:,} more of them are checked only while they are open"
            )
        if self._asked >= MOST_FILES:
            return (
                f"Trainsmith reads up to {MOST_FILES:,} YAML files of a workspace folder: others "
                "are checked only while they are open"
            )
        return None


def cost_of_tree(size: int) -> int:
    """What it costs to analyse a text and to keep the result, by its size in bytes."""
    return max(size, _LEAST)


def cost_if_ours(path: Path, size: int) -> int:
    """What it costs to analyse a file; 0 if it cannot be a recipe or a model file."""
    if size > LARGEST:
        return 0
    text = read_bytes(path, LARGEST).decode("utf-8-sig")
    read = text if len(text) <= MAX_TEXT else beginning(text)
    return cost_of_tree(size) if could_be_ours(read) else 0
