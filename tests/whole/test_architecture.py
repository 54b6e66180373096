"""ARCHITECTURE.md is up to date: every function, class, module and folder it names exists.

Python names are full, `trainsmith_server.lsp.main.serve`; TypeScript names follow their file,
`extension/src/extension.ts:activate`. They are looked up in the source without importing it.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "trainsmith": "cli",
    "trainsmith_schemas": "schemas",
    "trainsmith_server": "server",
    "trainsmith_system": "system",
    "trainsmith_trainer": "trainer",
}
PACKAGE_FOLDERS = (
    "schemas/trainsmith_schemas",
    "server/trainsmith_server",
    "system/trainsmith_system",
    "trainer/trainsmith_trainer",
    "extension/src",
)
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(trainsmith(?:_\w+)?(?:\.\w+)+)`", TEXT)))
TYPESCRIPT = sorted(set(re.findall(r"`(extension/src/[\w/]+\.ts):(\w+)`", TEXT)))


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _defines(node: ast.Module | ast.ClassDef, names: list[str]) -> bool:
    """Whether a module or class defines a name; further names are looked up inside it."""
    if not names:
        return True
    for child in node.body:
        if isinstance(child, ast.ClassDef) and child.name == names[0]:
            return _defines(child, names[1:])
        defined: list[str] = []
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defined = [child.name]
        elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            defined = [child.target.id]
        elif isinstance(child, ast.Assign):
            defined = [target.id for target in child.targets if isinstance(target, ast.Name)]
        if names == defined[:1] or (len(names) == 1 and names[0] in defined):
            return True
    return False


def exists(name: str) -> bool:
    """Whether a dotted name is one of our modules or is defined in one."""
    parts = name.split(".")
    place = ROOT / PACKAGES[parts[0]] / parts[0]
    for count, part in enumerate(parts[1:], 1):
        if (place / f"{part}.py").is_file():
            return _defines(_tree(place / f"{part}.py"), parts[count + 1 :])
        if not (place / part).is_dir():
            return _defines(_tree(place / "__init__.py"), parts[count:])
        place /= part
    return (place / "__init__.py").is_file()


def _walk(heading: str) -> list[str]:
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. ", section, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_python_name_exists(name: str) -> None:
    assert exists(name), f"ARCHITECTURE.md names `{name}`, which does not exist"


@pytest.mark.parametrize(("file", "name"), TYPESCRIPT)
def test_a_typescript_name_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"\b(?:function|class|const) {name}\b|^  (?:async )?{name}\(", text, re.M)


def test_walks_and_entry_points_exist() -> None:
    assert len(_walk("A keystroke")) > 5
    assert len(_walk("A run")) > 5
    assert len(NAMES) > 20
    assert len(TYPESCRIPT) > 2


def test_a_missing_name_is_detected() -> None:
    assert exists("trainsmith_server.lsp.server.Server.diagnostics")
    assert exists("trainsmith_server.lint")
    assert not exists("trainsmith_server.lsp.server.Server.gone")
    assert not exists("trainsmith_server.lsp.gone")
    assert not exists("trainsmith_server.gone.server")


def test_the_file_tree_names_exactly_the_folders_that_exist() -> None:
    tree = TEXT.partition("```\n")[2].partition("```")[0]
    named: set[str] = set()
    top = ""
    for line in tree.splitlines():
        folders = re.findall(r"[\w.-]+(?:/[\w.-]+)*/", re.split(r"  +", line.strip())[0])
        if folders and not line.startswith(" "):
            [top] = folders
            folders, parent = [top], ""
        else:
            parent = top
        named |= {f"{parent}{folder}".rstrip("/") for folder in folders}
    assert [path for path in sorted(named) if not (ROOT / path).is_dir()] == []
    for package in PACKAGE_FOLDERS:
        assert _folders(package) - named == set()


def _folders(package: str) -> set[str]:
    """The folders of a package that contain source files."""
    return {
        f"{package}/{folder.name}"
        for folder in (ROOT / package).iterdir()
        if folder.is_dir() and folder.name != "__pycache__" and any(folder.rglob("*.[pt][ys]"))
    }
