"""Mistakes before a run: reported clearly and all at once, and nothing is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from workspace import Workspace

from trainsmith_trainer.cli import train
from trainsmith_trainer.config import named_files
from trainsmith_trainer.errors import RunNameError
from trainsmith_trainer.run_dir.create import check_name

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "bad_input_cases.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, name in (("recipe", "training.yaml"), ("model", "model.yaml"), ("text", "text.txt")):
        if key in case:
            workspace.write(name, case[key])
    if "recipe_repeats" in case:
        workspace.write("training.yaml", case["recipe_repeats"] * 10_000)
    if "text_bytes" in case:
        (workspace.path / "text.txt").write_bytes(bytes(case["text_bytes"]))
    for name, value in case.get("environment", {}).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(workspace.path)
    options = [part for setting in case.get("set", []) for part in ("--set", setting)]
    result = CliRunner().invoke(train, ["training.yaml", *options])
    for part in case["says"]:
        assert part in result.stderr
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert not workspace.run_folder().parent.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "nowhere.yaml"], "does not exist"),
        (["train", "training.yaml", "--set", "batch_size"], "not of the form section.key=value"),
        (["train", "training.yaml", "--set", "a.b=[1"], "is not YAML"),
        (["train", "training.yaml", "--max-steps", "0"], "--max-steps"),
        (["train", "training.yaml", "--name", "../up"], "cannot be a run's name"),
        (["train", "training.yaml", "--name", "NUL.a"], "cannot be a run's name on Windows"),
        (["generate", "nowhere"], "looked for nowhere and checkpoints"),
    ],
)
def test_usage(workspace: Workspace, arguments: list[str], says: str) -> None:
    result = workspace.command(*arguments)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_pattern_that_covers_too_much_is_refused(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_files, "_MOST_SEARCHED", 1000)
    monkeypatch.chdir(workspace.path)
    result = CliRunner().invoke(
        train, ["training.yaml", "--set", "training_config.data_path=/**/*.txt"]
    )
    assert "`data_path` is `/**/*.txt`, which covers more than 1,000 files" in result.stderr
    assert "write a narrower pattern" in result.stderr
    assert result.exit_code == 1


def test_recipe_errors_need_no_tensor_library(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"batch_size": 0})
    code = (
        "import sys\n"
        "sys.modules['torch'] = sys.modules['numpy'] = None\n"
        "from trainsmith.__main__ import main\n"
        "main(['train', 'training.yaml'])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=workspace.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "error[out-of-range] `batch_size`" in result.stderr


def test_dangling_link_as_checkpoint_dir_is_refused(workspace: Workspace) -> None:
    (workspace.path / "checkpoints").symlink_to("nowhere")
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 1
    assert "no run folder can be created in checkpoints" in result.stderr


@pytest.mark.parametrize("name", ["con", "nul.txt", "COM1", "lpt9 .a", "a.", "a "])
def test_names_of_runs_are_folders_on_every_system(name: str) -> None:
    with pytest.raises(RunNameError, match="on Windows"):
        check_name(name)
    for other in ("console", "com", "nul-1", "a.b"):
        check_name(other)
