"""The version is the same in all files."""

from __future__ import annotations

import json
from pathlib import Path

from trainsmith_schemas import __version__

ROOT = Path(__file__).parents[2]


def test_the_extension_and_the_distribution_have_the_same_version() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__
