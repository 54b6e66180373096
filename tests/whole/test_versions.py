"""One version, wherever it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_extension_and_the_distribution_have_one_version() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"', project, re.MULTILINE)
    assert found is not None
    assert manifest["version"] == found.group(1)
