"""The name of a recipe's next version: `run.yaml`, `run_v2.yaml`, `run_v3.yaml`, and so on."""

from __future__ import annotations

import re
from collections.abc import Container

_VERSION = re.compile(r"_v(\d+)$")


def next_version(name: str, taken: Container[str]) -> str:
    """A file name with the next unused number.

    Args:
        name: the file name, with its extension.
        taken: the names of the files in its folder.
    """
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    found = _VERSION.search(stem)
    number = int(found[1]) if found else 1
    stem = stem[: found.start()] if found else stem
    while True:
        number += 1
        candidate = f"{stem}_v{number}{dot}{extension}"
        if candidate not in taken:
            return candidate
