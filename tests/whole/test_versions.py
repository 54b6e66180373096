"""One version, wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path

from trainsmith_schemas import __version__

ROOT = Path(__file__).parents[2]


def test_the_extension_and_the_distribution_have_one_version() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == __version__
