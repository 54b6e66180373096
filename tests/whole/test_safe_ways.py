"""Files, processes and terminals are used through `trainsmith_system` alone.

An exception below says why the direct way is safe there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "schemas", "server", "trainer")

INSTEAD = {
    "read_bytes": "trainsmith_system.reading.read_bytes",
    "read_text": "trainsmith_system.reading.read_bytes",
    "write_bytes": "trainsmith_system.writing.write_file",
    "write_text": "trainsmith_system.writing.write_file",
    "open": "trainsmith_system.reading.open_regular or writing.open_to_append",
    "rmtree": "trainsmith_system.writing.remove_folder",
    "resolve": "trainsmith_system.folders.resolved",
    "realpath": "trainsmith_system.folders.resolved",
    "walk": "trainsmith_system.folders.walk",
    "memmap": "trainsmith_system.reading, before the file is mapped",
    "loads": "a pydantic model or TypeAdapter, strict, so that nothing is used unchecked",
    "parse_json": "a pydantic model or TypeAdapter, strict, so that nothing is used unchecked",
    "parse_source": "trainsmith_trainer.config.load.load_config",
    "Popen": "trainsmith_system.children.start_python",
    "run": "trainsmith_system.children",
    "check_output": "trainsmith_system.children",
    "system": "trainsmith_system.children",
    "print": "trainsmith_system.terminal.say",
    "echo": "trainsmith_system.terminal.say",
}
"""Calls by their last name, and what to call instead."""

IN_SERVER = dict.fromkeys(
    ("exists", "is_dir", "is_file", "stat", "lstat", "scandir", "iterdir", "glob", "rglob"),
    "trainsmith_server.workspace.references.Files, which does not contact other machines",
)
"""The same in the server, which looks at paths that documents name before anybody trusts them."""

SERVER, TRAINER = "server/trainsmith_server", "trainer/trainsmith_trainer"

OWNERS = {
    "run": {"subprocess"},
    "system": {"os"},
    "check_output": {"subprocess"},
    "walk": {"os"},
}
"""Names that mean something harmless on other objects."""

_CHECKED = "each value is checked before it is used; tests/fuzz tries others"

ALLOWED: dict[str, tuple[set[str], str]] = {
    f"{SERVER}/command_line/check.py": (
        {"echo", "exists", "is_dir", "is_file"},
        "coloured, values are cleaned; paths that the user names",
    ),
    f"{SERVER}/lsp/handlers/rename.py": ({"exists"}, "a name that the user types"),
    f"{SERVER}/rule_pages.py": ({"read_text", "resolve"}, "installed"),
    f"{SERVER}/workspace/file_cache.py": ({"stat"}, "files that `Files` has found"),
    f"{SERVER}/workspace/paths.py": ({"is_dir", "iterdir"}, "the folder of an open file"),
    f"{SERVER}/workspace/project_config.py": ({"stat"}, "folders above an open file"),
    f"{SERVER}/workspace/example_lengths.py": ({"parse_json"}, "texts of any object are measured"),
    f"{SERVER}/workspace/references.py": ({"stat", "scandir"}, "this is `Files`"),
    f"{SERVER}/workspace/runs.py": ({"scandir"}, "places from `Files`"),
    "schemas/trainsmith_schemas/json_text.py": (
        {"loads"},
        "its callers check the value",
    ),
    "schemas/trainsmith_schemas/families/hugging_face.py": ({"parse_json"}, _CHECKED),
    f"{TRAINER}/config/load.py": ({"parse_source"}, _CHECKED),
    f"{TRAINER}/config/source.py": ({"parse_source"}, "a value of an option"),
    f"{TRAINER}/config/trackers.py": ({"parse_source"}, _CHECKED),
    f"{TRAINER}/data/characters.py": ({"loads"}, "a text of ours"),
    f"{TRAINER}/data/hf_tokenizer.py": ({"loads"}, "the library has read it before"),
    f"{TRAINER}/data/records.py": ({"loads"}, "examples, which may be any value"),
    f"{TRAINER}/data/tokenizer.py": ({"loads"}, _CHECKED),
    f"{TRAINER}/hf/adapter.py": ({"parse_json"}, _CHECKED),
    f"{TRAINER}/hf/adapter_base.py": ({"parse_json"}, _CHECKED),
    f"{TRAINER}/hf/special_tokens.py": ({"parse_json"}, _CHECKED),
    f"{TRAINER}/history/record.py": ({"parse_source"}, _CHECKED),
    f"{TRAINER}/run/corpus.py": ({"loads"}, "`load_tokenizer` has read it before"),
    f"{TRAINER}/run_dir/checkpoint.py": ({"loads"}, _CHECKED),
    f"{TRAINER}/backends/torch/shared_sums.py": ({"memmap"}, "a file that this run created"),
    f"{TRAINER}/backends/torch/threads.py": ({"read_text"}, "files of the kernel"),
    f"{TRAINER}/data/cache_entry.py": ({"memmap", "open"}, "opened before; a new folder"),
    f"{TRAINER}/distributed/launch.py": ({"open"}, "a folder that this run created"),
    f"{TRAINER}/report/progress.py": ({"open", "print"}, "the null device; a cleaned line"),
}
"""What a file may call directly, and why it is safe there."""


def _calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="open" | "print" | "parse_source" | "parse_json" as name):
                yield node.lineno, name
            case ast.Attribute(attr=name, value=owner):
                named = owner.id if isinstance(owner, ast.Name) else ""
                # Methods of our own objects are called so too: `self.open`, `session.open`.
                mine = named == "self" or isinstance(owner, ast.Attribute)
                if name in OWNERS and named not in OWNERS[name]:
                    continue
                if name == "open" and mine:
                    continue
                yield node.lineno, name
            case _:
                pass


def _unsafe(file: Path) -> Iterator[str]:
    where = file.relative_to(ROOT).as_posix()
    for line, name in _calls(ast.parse(file.read_text(encoding="utf-8"))):
        instead = {**INSTEAD, **(IN_SERVER if where.startswith(SERVER) else {})}
        if name in instead and name not in ALLOWED.get(where, (set[str](), ""))[0]:
            yield f"{where}:{line}: `{name}`, use {instead[name]}"


FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def test_the_direct_way_is_not_used() -> None:
    assert FILES
    found = [problem for file in FILES for problem in _unsafe(file)]
    assert not found, "\n".join(found)


def test_each_exception_is_needed() -> None:
    used = {
        (file.relative_to(ROOT).as_posix(), name)
        for file in FILES
        for _, name in _calls(ast.parse(file.read_text(encoding="utf-8")))
    }
    needless = [
        f"{where}: {name}"
        for where, (names, _) in ALLOWED.items()
        for name in names
        if (where, name) not in used
    ]
    assert needless == []


@pytest.mark.parametrize(
    "line",
    [
        *("Path('x').read_bytes()", "open('x', 'w')", "subprocess.run(['x'])", "print('x')"),
        *("Path('x').resolve()", "os.walk('x')"),
    ],
)
def test_the_direct_way_is_seen(line: str) -> None:
    assert any(name in INSTEAD for _, name in _calls(ast.parse(line)))
