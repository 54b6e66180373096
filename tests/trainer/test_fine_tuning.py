"""Runs that start from the weights of a `model_path`, and resume bit for bit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from workspace import TEXT, Workspace

from patience import PATIENCE
from trainsmith_schemas.runs import events
from trainsmith_trainer.cli import train

_TUNING: dict[str, Any] = {
    "model_config": "tuned.yaml",
    "max_steps": 4,
    "validation_frequency": 1,
    "checkpoint_frequency": 2,
}


@pytest.fixture
def tuning(finished: Workspace, workspace: Workspace) -> Workspace:
    """A workspace whose model file names the final model of another run, in `base`."""
    shutil.copytree(finished.run_folder() / "final", workspace.path / "base")
    workspace.write("tuned.yaml", "transformer_config:\n  model_path: base\n  dropout_prob: 0.1\n")
    workspace.write_recipe(training_config=_TUNING)
    return workspace


def _validations(workspace: Workspace, name: str = "training-001") -> list[float]:
    said = workspace.events(name)
    return [event.loss for event in said if isinstance(event, events.Validation)]


def _train(workspace: Workspace, *options: str) -> None:
    result = workspace.command("train", "training.yaml", *options)
    assert result.returncode == 0, result.stdout + result.stderr


def _final(workspace: Workspace, name: str) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in (workspace.run_folder(name) / "final").iterdir()
    }


def test_fine_tuning_starts_from_model_path_and_resumes_without_it(
    tuning: Workspace, finished: Workspace
) -> None:
    tuning.write_recipe(training_config={**_TUNING, "learning_rate": 1e-12, "max_steps": 1})
    _train(tuning, "--name", "still")
    assert _validations(tuning, "still")[0] == pytest.approx(_validations(finished)[-1], abs=1e-6)
    started = tuning.events("still")[0]
    assert isinstance(started, events.RunStarted)
    assert started.model_path == "base"
    resolved = (tuning.run_folder("still") / "resolved.yaml").read_text(encoding="utf-8")
    assert '  model_path: "base"  # tuned.yaml:2:15' in resolved
    assert "  embedding_dim: 32  # base/config.json" in resolved

    tuning.write_recipe(training_config=_TUNING)
    (tuning.path / "base/chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    _train(tuning, "--name", "whole")
    _train(tuning, "--name", "cut", "--max-steps", "2")
    shutil.rmtree(tuning.path / "base")
    _train(tuning, "--name", "cut", "--resume")
    assert _final(tuning, "cut") == _final(tuning, "whole")
    assert _final(tuning, "cut")["chat_template.jinja"] == b"{{ messages }}"
    refused = tuning.command("train", "training.yaml")
    assert "error[folder-not-found] `model_path` names no folder" in refused.stderr


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_all_ranks_start_from_model_path_and_resume_without_it(
    tuning: Workspace, method: str
) -> None:
    _train(tuning, "--name", "alone", "--set", "transformer_config.dropout_prob=0.0")
    shared = {"enable_ddp": True, "mesh_shape": [1, 2]}
    tuning.write_recipe(training_config=_TUNING, device_config=shared)
    options = ("--set", "transformer_config.dropout_prob=0.0", "--name", "together")
    environment = {"TRAINSMITH_START_METHOD": method}

    def together(*more: str) -> None:
        with tuning.start(
            "train", "training.yaml", *options, *more, environment=environment
        ) as run:
            output, errors = run.communicate(timeout=PATIENCE)
        assert run.returncode == 0, output + errors

    together("--max-steps", "2")
    shutil.rmtree(tuning.path / "base")
    together("--resume")
    assert _validations(tuning, "together") == pytest.approx(
        _validations(tuning, "alone"), rel=1e-4
    )


def test_dry_run_of_fine_tuning_needs_no_tensor_library(tuning: Workspace) -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from trainsmith.__main__ import main\n"
        "main(['train', 'training.yaml', '--dry-run', '--format', 'json'])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tuning.path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    outline = json.loads(result.stdout)["outline"]
    assert outline["model_path"] == "base"
    assert outline["vocabulary"] == len(set(TEXT))
    assert outline["parameters"] > 20_000
    assert outline["memory"]["total"] > 16 * outline["parameters"]


def _described(**changes: Any) -> Callable[[Workspace], None]:
    def change(workspace: Workspace) -> None:
        file = workspace.path / "base/config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return change


def _moved_into_a_run(workspace: Workspace) -> None:
    (workspace.path / "base").rename(workspace.path / "final")
    (workspace.path / "base").mkdir()
    (workspace.path / "final").rename(workspace.path / "base/final")


def _without(name: str) -> Callable[[Workspace], None]:
    return lambda workspace: (workspace.path / "base" / name).unlink()


def _longer_vocabulary(workspace: Workspace) -> None:
    file = workspace.path / "base/tokenizer.json"
    described = json.loads(file.read_text())
    described["model"]["vocab"]["§"] = len(described["model"]["vocab"])
    file.write_text(json.dumps(described))


def _said(text: str) -> Callable[[Workspace], None]:
    return lambda workspace: workspace.write("tuned.yaml", f"transformer_config:\n{text}")


MISTAKES: dict[str, tuple[Callable[[Workspace], None], str]] = {
    "no such folder": (
        _said("  model_path: nowhere\n"),
        "tuned.yaml:2:15: error[folder-not-found] `model_path` names no folder: looked for",
    ),
    "a run's folder": (_moved_into_a_run, "write `base/final`, the model of that run"),
    "no config.json": (
        _without("config.json"),
        "tuned.yaml:2:15: error[unreadable-model] `model_path` names no model that is read here: "
        "base/config.json: No such file",
    ),
    "no weights": (_without("model.safetensors"), "error[data] base has no model.safetensors"),
    "no tokenizer": (
        _without("tokenizer.json"),
        "error[data] the model's tokenizer is needed, and base/tokenizer.json: No such file",
    ),
    "another family": (
        _described(model_type="unheard_of"),
        '`model_type` is "unheard_of" in config.json; only gpt2, llama, ',
    ),
    "another width": (
        _said("  model_path: base\n  embedding_dim: 64\n"),
        "tuned.yaml:3:18: error[contradiction] `embedding_dim` is 64, and the model in "
        "`model_path` has 32",
    ),
    "a longer context": (
        _said("  model_path: base\n  max_sequence_length: 17\n"),
        "`max_sequence_length` is 17, and the model in `model_path` has at most 16",
    ),
    "another depth in the files": (
        _described(n_layer=1, num_hidden_layers=1),
        "does not belong in a",
    ),
    "other characters": (
        lambda workspace: workspace.write("text.txt", TEXT + "§"),
        "text.txt cannot be encoded in the model's tokens: the model's 23 characters do not "
        "include '§'",
    ),
    "more tokens than the model has": (
        _longer_vocabulary,
        "error[data] the tokenizer has 24 tokens, and the model in base has 23",
    ),
    "another kind of tokens": (
        lambda workspace: workspace.write_recipe(
            training_config={**_TUNING, "tokenizer_type": "bpe"}
        ),
        "error[data] `tokenizer_type` is bpe, and the tokenizer in base is char",
    ),
    "the key of older tt-train": (
        lambda workspace: workspace.write_recipe(training_config={**_TUNING, "model_path": "base"}),
        "`model_path` is not acted on: `model_path` belongs in the model file",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_reported_before_anything_is_written(
    case: str, tuning: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, says = MISTAKES[case]
    change(tuning)
    monkeypatch.chdir(tuning.path)
    result = CliRunner().invoke(train, ["training.yaml"])
    assert says in result.stderr
    assert result.exit_code == 1
    assert not tuning.run_folder().parent.exists()


def test_tokenizer_path_overrides_tokenizer_of_model(
    tuning: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tuning.path / "named.json"
    content = (tuning.path / "base/tokenizer.json").read_text(encoding="utf-8")
    named.write_text(content.replace('"T"', '"§"'), encoding="utf-8")
    tuning.write("text.txt", TEXT.replace("T", "§"))
    tuning.write_recipe(training_config={**_TUNING, "tokenizer_path": "named.json"})
    monkeypatch.chdir(tuning.path)
    result = CliRunner().invoke(train, ["training.yaml", "--dry-run"])
    assert result.exit_code == 0, result.stderr
    assert "named.json differs from the tokenizer in base: its tokens mean" in result.stdout
    (tuning.path / "base/tokenizer.json").unlink()
    result = CliRunner().invoke(train, ["training.yaml", "--dry-run"])
    assert result.exit_code == 0, result.stderr
    assert "another tokenizer" not in result.stdout


def test_model_file_may_repeat_shape_of_folder(
    tuning: Workspace, finished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = (finished.path / "model.yaml").read_text(encoding="utf-8")
    tuning.write("tuned.yaml", f"{shape}  model_path: base\n")
    monkeypatch.chdir(tuning.path)
    result = CliRunner().invoke(train, ["training.yaml", "--dry-run"])
    assert result.exit_code == 0, result.stderr


def test_the_folder_settles_whose_keys_are_read(
    tuning: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tuning.path)
    model_type = json.loads((tuning.path / "base/config.json").read_text())["model_type"]
    own, other = ("bias", "num_groups") if model_type == "gpt2" else ("num_groups", "bias")
    tuning.write(
        "tuned.yaml",
        "transformer_config:\n  model_path: base\n  num_groups: 2\n"
        f"  bias: {'true' if own == 'bias' else 'false'}\n",
    )
    result = CliRunner().invoke(train, ["training.yaml", "--dry-run"])
    assert result.exit_code == 0, result.stderr
    said = result.stdout + result.stderr
    assert f"`{other}` is not acted on: `{model_type}` does not read it" in said
    assert f"`{own}` is not acted on" not in said
