"""The user's own cache folder: what is in it can be made again, and may be removed at any time."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from trainsmith_system.folders import resolved

VARIABLE = "TRAINSMITH_CACHE_DIR"
"""The environment variable that moves the cache."""


def cache_folder() -> Path:
    """The folder of the cache: the one that the user sets, else the usual one of the system."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "trainsmith" / "tokens"


def name_for(path: Path) -> str:
    """The name of what the cache has about a file or folder; the same for all links to it."""
    return hashlib.sha256(str(resolved(path)).encode("utf-8", "surrogateescape")).hexdigest()
