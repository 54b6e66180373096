"""`trainsmith convert`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from trainsmith_server.command_line.cli import convert

FLAT = "training_config:\r\n  project_name: a\r\n  learning_rate: 0.1  # é"
NEW = FLAT.replace("  learning_rate", "  optimizer:\r\n    type: AdamW\r\n    lr")


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_bytes(FLAT.encode())
    return path


def test_the_result_is_written_to_the_output(recipe: Path) -> None:
    new = recipe.with_name("new.yaml")
    ran = CliRunner().invoke(convert, [str(recipe), "--to", "tt-train", "-o", str(new)])
    assert (ran.exit_code, ran.output) == (0, "")
    assert new.read_bytes().decode() == NEW
    assert recipe.read_bytes().decode() == FLAT


def test_diff_prints_the_changes(recipe: Path) -> None:
    ran = CliRunner().invoke(convert, [str(recipe), "--to", "tt-train", "--diff"])
    assert ran.exit_code == 0
    assert "-  learning_rate: 0.1  # é" in ran.output
    assert "+    lr: 0.1  # é" in ran.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs: 1\n", "the text has no training recipe"),
        ("training_config:\n  seed: &s 1\n", "line 2 has an anchor, which can't be moved"),
        (None, "No such file or directory"),
    ],
)
def test_files_that_cannot_be_converted_are_unchanged(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path, new = tmp_path / "run.yaml", tmp_path / "new.yaml"
    if text is not None:
        path.write_text(text)
    ran = CliRunner().invoke(convert, [str(path), "--to", "tt-train", "-o", str(new)])
    assert ran.exit_code == 2
    assert ran.output == f"error: {path}: {said}\n"
    assert not new.exists()
