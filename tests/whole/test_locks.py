"""The locks in requirements/ cover pyproject.toml, with hashes; `npm run lock` writes them."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# pytest brings tomli along if Python has no tomllib.
tomllib: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "requirements"
FIX = "Fix with: npm run lock"


def _project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _declared(lock: str) -> list[Requirement]:
    """What a lock must cover."""
    project = _project()
    extras = project["project"]["optional-dependencies"]
    lines = [*project["project"]["dependencies"]]
    if lock != "shipped":
        lines += [*extras["train"], *project["dependency-groups"]["build"]]
    if lock == "dev":
        lines += extras["dev"]
    return [Requirement(line) for line in lines]


def _entries(lock: str) -> dict[Requirement, set[str]]:
    """The requirements of a lock with their hashes."""
    text = (LOCKS / f"{lock}.txt").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    parts = [line.split(" --hash=") for line in text.splitlines()]
    return {Requirement(first): {one.strip() for one in rest} for first, *rest in parts}


def _versions(lock: str) -> set[tuple[str, str]]:
    return {(canonicalize_name(one.name), str(one.specifier)) for one in _entries(lock)}


@pytest.mark.parametrize("lock", ["dev", "train", "shipped"])
def test_each_dependency_is_locked_in_its_range(lock: str) -> None:
    versions = _versions(lock) | _versions("torch")
    for wanted in _declared(lock):
        name = canonicalize_name(wanted.name)
        found = [version.removeprefix("==") for one, version in versions if one == name]
        assert found, f"{wanted} is not in requirements/{lock}.txt. {FIX}"
        assert all(map(wanted.specifier.contains, found)), f"{wanted}: {found}. {FIX}"


@pytest.mark.parametrize("lock", ["dev", "train", "shipped"])
def test_each_locked_file_has_a_hash(lock: str) -> None:
    bare = [
        str(one)
        for one, hashes in _entries(lock).items()
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
    ]
    assert bare == [], FIX


def test_only_pytorch_has_no_hash() -> None:
    [torch] = _entries("torch")
    assert torch.name == "torch"


@pytest.mark.parametrize("lock", ["train", "shipped"])
def test_versions_are_the_same_in_all_locks(lock: str) -> None:
    assert _versions(lock) - _versions("dev") == set(), FIX


def test_locks_name_no_server() -> None:
    assert [file.name for file in LOCKS.iterdir() if "://" in file.read_text("utf-8")] == []
