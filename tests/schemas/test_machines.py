"""Paths on other machines; `tests/extension/machines.test.ts` reads the same cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trainsmith_schemas.machines import is_elsewhere

CASES = json.loads(Path(__file__).parents[1].joinpath("machines.json").read_text("utf-8"))


@pytest.mark.parametrize("system", ["windows", "posix"])
def test_paths_on_other_machines_are_recognised(system: str) -> None:
    cases, windows = CASES[system], system == "windows"
    for home in (cases["home"], "/project"):
        for path in cases["elsewhere"]:
            assert is_elsewhere(path, [home], windows=windows), path
    for path in cases["here"]:
        assert not is_elsewhere(path, ["/project", cases["home"]], windows=windows), path
