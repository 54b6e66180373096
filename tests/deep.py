"""A folder with more levels below it than Python calls may be nested."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from trainsmith_system.folders import remove_tree


@contextmanager
def deep_folder(top: Path, content: str) -> Generator[None, None, None]:
    """Make a folder with one file at its bottom, `recipe.yaml`, and remove it at the end.

    pytest itself would fail to remove it.
    """
    # From the bottom to the top, because long paths take long.
    inner = top.with_name("a")
    top.mkdir()
    (top / "recipe.yaml").write_text(content, encoding="utf-8")
    for _ in range(sys.getrecursionlimit() + 100):
        top.rename(inner)
        top.mkdir()
        inner.rename(top / "a")
    try:
        yield
    finally:
        if top.exists():
            remove_tree(top)
