"""`trainsmith check` as a process: its output and exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from patience import PATIENCE

GOOD = "training_config:\n  batch_size: 8\n"
WARNED = "training_config:\n  learning_rate: 0.01\n"
BAD = "training_config:\n  batchsize: 8\n"
OTHER = "jobs: [unclosed\n"


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "trainsmith", "check", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"},
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "status", "summary"),
    [
        (GOOD, 0, "1 file checked, nothing to report"),
        (WARNED, 0, "1 warning in 1 file"),
        (BAD, 1, "1 error in 1 file"),
        (OTHER, 0, "recipe.yaml: not a training document"),
        ("", 0, "recipe.yaml: not a training document"),
    ],
)
def test_exit_status_and_summary(tmp_path: Path, text: str, status: int, summary: str) -> None:
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    done = check(tmp_path, "recipe.yaml")
    assert done.returncode == status
    assert summary in done.stdout.splitlines()[-1]
    assert done.stderr == ""


def test_text_shows_the_place(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(BAD, encoding="utf-8")
    lines = check(tmp_path, "recipe.yaml").stdout.splitlines()
    assert lines[:4] == [
        "recipe.yaml:2:3: error[unknown-key] `batchsize` is not a known key in `training_config`; "
        "did you mean `batch_size`?",
        "  2 |   batchsize: 8",
        "    |   ^^^^^^^^^",
        "    fix: Rename to `batch_size`",
    ]
    assert "\x1b" not in "".join(lines)


def test_json_counts_characters_from_one(tmp_path: Path) -> None:
    text = "# 😀\r\ntraining_config: {seed: 1,  # é\r\n  batchsize: 8}\r\n"
    (tmp_path / "recipe.yaml").write_bytes(text.encode())
    done = check(tmp_path, "--format", "json", "recipe.yaml")
    [found] = json.loads(done.stdout)
    place = {"line": 3, "column": 3, "endLine": 3, "endColumn": 12}
    assert found["path"] == "recipe.yaml"
    assert found["code"] == "unknown-key"
    assert found["severity"] == "error"
    assert place.items() <= found.items()
    rename = {"title": "Rename to `batch_size`", "edits": [{**place, "newText": "batch_size"}]}
    assert found["fixes"][0] == rename
    assert done.returncode == 1


def test_folders_are_searched_and_other_files_skipped(tmp_path: Path) -> None:
    inner = tmp_path / "configs"
    inner.mkdir()
    for name, text in {"a.yaml": BAD, "b.yaml": OTHER, "c.yml": WARNED, "d.txt": BAD}.items():
        (inner / name).write_text(text, encoding="utf-8")
    done = check(tmp_path, ".", "configs")
    assert done.returncode == 1
    assert done.stdout.count("unknown-key") == 1
    assert done.stdout.splitlines()[-1] == "1 error, 1 warning in 2 files"
    assert "b.yaml" not in done.stdout


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "latin.yaml").write_bytes(b"training_config: \xe9\n")
    done = check(tmp_path, "missing.yaml", "latin.yaml", "good.yaml")
    assert done.returncode == 2
    assert "missing.yaml does not exist" in done.stderr
    assert "latin.yaml is not UTF-8" in done.stderr
    assert "1 file checked" in done.stdout
    assert "Traceback" not in done.stderr


def test_usage(tmp_path: Path) -> None:
    done = check(tmp_path, "--format", "poetry", ".")
    assert done.returncode == 2
    assert "poetry" in done.stderr
