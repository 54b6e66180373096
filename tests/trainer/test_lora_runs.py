"""Runs with LoRA: what they write, how they resume, and what they refuse."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
import transformers
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file
from workspace import KILLS, Workspace, make_workspace

from patience import PATIENCE
from skips import NO_PROC
from trainsmith_schemas.runs import events
from trainsmith_trainer.cli import generate, train
from trainsmith_trainer.run_dir.cli import merge

_LORA: dict[str, Any] = {"r": 4, "lora_dropout": 0.1}
_TRAINING: dict[str, Any] = {
    "model_config": "tuned.yaml",
    "max_steps": 8,
    "validation_frequency": 4,
    "checkpoint_frequency": 4,
    "keep_last_n": 9,
}


def _write(workspace: Workspace, training: dict[str, Any] | None = None, **lora: Any) -> None:
    section = {**_LORA, **lora}
    workspace.write_recipe(training_config={**_TRAINING, **(training or {})}, lora_config=section)


@pytest.fixture
def tuning(finished: Workspace, workspace: Workspace) -> Workspace:
    """A workspace whose recipe adapts the final model of another run, in `base`."""
    return _with_base(finished, workspace)


def _with_base(finished: Workspace, workspace: Workspace) -> Workspace:
    shutil.copytree(finished.run_folder() / "final", workspace.path / "base")
    workspace.write("tuned.yaml", "transformer_config:\n  model_path: base\n  dropout_prob: 0.1\n")
    _write(workspace)
    return workspace


@pytest.fixture(scope="module")
def trained_once(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same after four steps, in a run with the name `run`."""
    workspace = _with_base(finished, make_workspace(tmp_path_factory.mktemp("trained")))
    _write(workspace, {"max_steps": 4, "learning_rate": 0.01})
    _train(workspace, "--name", "run")
    return workspace


@pytest.fixture
def trained(trained_once: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of it, which is the working directory."""
    shutil.copytree(trained_once.path, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path)


def _train(workspace: Workspace, *options: str) -> None:
    result = workspace.command("train", "training.yaml", *options)
    assert result.returncode == 0, result.stdout + result.stderr


def _files(workspace: Workspace, name: str, folder: str = "final") -> dict[str, bytes]:
    found = (workspace.run_folder(name) / folder).iterdir()
    return {file.name: file.read_bytes() for file in found}


def _steps(workspace: Workspace, name: str) -> dict[int, tuple[float, float]]:
    said = workspace.events(name)
    return {one.step: (one.loss, one.grad_norm) for one in said if isinstance(one, events.Step)}


def test_resume_is_bit_identical_and_checkpoints_are_small(tuning: Workspace) -> None:
    _train(tuning, "--name", "whole")
    _train(tuning, "--name", "cut", "--max-steps", "4")
    _train(tuning, "--name", "cut", "--resume")
    assert _files(tuning, "cut") == _files(tuning, "whole")
    assert _steps(tuning, "cut") == _steps(tuning, "whole")
    last = "checkpoints/step-000008"
    cut, whole = (_files(tuning, name, last) for name in ("cut", "whole"))
    tensors = ("adapter_model.safetensors", "optimizer.safetensors", "random.safetensors")
    assert [cut[name] for name in tensors] == [whole[name] for name in tensors]
    assert "model.safetensors" not in whole
    weights = load_file(tuning.run_folder("whole") / last / "adapter_model.safetensors")
    assert all(".lora_" in name for name in weights)

    started = tuning.events("whole")[0]
    assert isinstance(started, events.RunStarted)
    count = sum(array.size for array in weights.values())
    assert started.trained_parameters == count
    share = f"{started.parameters:,} parameters, {count:,} of them trained ("
    assert share in (tuning.run_folder("whole") / "training.log").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason=NO_PROC)
def test_killed_run_ends_as_one_that_was_not(tuning: Workspace) -> None:
    _write(tuning, {"max_steps": 4 * KILLS + 4, "checkpoint_frequency": 1})
    _train(tuning, "--name", "whole")
    log = tuning.run_folder("cut") / "training.log"
    for attempt in range(KILLS):
        before = len(log.read_text(encoding="utf-8")) if attempt else 0
        resume = ["--resume"] if attempt else []
        with tuning.start("train", "training.yaml", "--name", "cut", *resume) as process:
            patience = time.monotonic() + PATIENCE
            while not (log.exists() and "  loss " in log.read_text(encoding="utf-8")[before:]):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < patience
                time.sleep(0.02)
            process.kill()
        if process.returncode == 0:
            break  # On a busy machine, the run may finish before it is killed.
    else:
        _train(tuning, "--name", "cut", "--resume")
    assert _steps(tuning, "cut") == _steps(tuning, "whole")
    assert _files(tuning, "cut") == _files(tuning, "whole")


def test_two_ranks_match_one(tuning: Workspace) -> None:
    tuning.write("tuned.yaml", "transformer_config: {model_path: base, dropout_prob: 0.0}\n")
    _write(tuning, lora_dropout=0.0)
    _train(tuning, "--name", "one")
    shared = {"enable_ddp": True, "mesh_shape": [1, 2]}
    section = {**_LORA, "lora_dropout": 0.0}
    tuning.write_recipe(training_config=_TRAINING, lora_config=section, device_config=shared)
    _train(tuning, "--name", "two", "--max-steps", "4")
    _train(tuning, "--name", "two", "--resume")
    one, two = _steps(tuning, "one"), _steps(tuning, "two")
    assert two.keys() == one.keys()
    for step, measured in two.items():
        assert measured == pytest.approx(one[step], rel=1e-4)


def _text(*arguments: str) -> str:
    options = ["--max-new-tokens", "30", "--seed", "1", "--prompt", "To be"]
    result = CliRunner().invoke(generate, [*arguments, *options])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_generate_and_merge_use_base_and_matrices(trained: Workspace) -> None:
    adapted = _text("run")
    assert adapted != _text("base")
    result = CliRunner().invoke(merge, ["run", "merged"])
    assert result.exit_code == 0, result.stderr
    assert _text("merged") == adapted
    whole = transformers.AutoModelForCausalLM.from_pretrained("merged", dtype=torch.float32)
    base = transformers.AutoModelForCausalLM.from_pretrained("base", dtype=torch.float32)
    theirs = peft.PeftModel.from_pretrained(base, "checkpoints/run/final")
    tokens = torch.arange(1, 15)[None]
    with torch.no_grad():
        np.testing.assert_allclose(
            whole.eval()(tokens).logits, theirs.eval()(tokens).logits, atol=1e-5
        )
    again = CliRunner().invoke(merge, ["run", "merged"])
    assert "merged exists: name a new folder" in again.stderr
    no_matrices = CliRunner().invoke(merge, ["base", "other"])
    assert "base has no LoRA matrices to merge" in no_matrices.stderr


def test_infinite_weights_are_not_merged(trained: Workspace) -> None:
    config = trained.run_folder("run") / "final" / "adapter_config.json"
    described = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**described, "lora_alpha": 1e308}), encoding="utf-8")
    result = CliRunner().invoke(merge, ["run", "merged"])
    assert "are not finite numbers" in result.stderr
    assert not (trained.path / "merged").exists()


def test_base_may_move_and_may_not_change(trained: Workspace) -> None:
    before = _text("run")
    (trained.path / "base").rename(trained.path / "moved")
    missing = CliRunner().invoke(generate, ["run"])
    assert "its config names 'base', and no such folder was found: pass" in missing.stderr
    assert _text("run", "--base", "moved") == before
    trained.write("tuned.yaml", "transformer_config: {model_path: moved, dropout_prob: 0.1}\n")
    _write(trained, {"max_steps": 5, "learning_rate": 0.01})
    resume = ["training.yaml", "--resume", "--name", "run"]
    assert CliRunner().invoke(train, resume).exit_code == 0

    weights = load_file("moved/model.safetensors")
    name = next(iter(weights))
    save_file({**weights, name: weights[name] + 1}, "moved/model.safetensors", {"format": "pt"})
    refused = CliRunner().invoke(generate, ["run", "--base", "moved"])
    assert "was trained on other weights than those in moved" in refused.stderr
    _write(trained, {"max_steps": 6, "learning_rate": 0.01})
    refused = CliRunner().invoke(train, resume)
    assert refused.exit_code == 1
    assert "step-000005 was trained on other weights than those in `model_path`" in refused.stderr


def test_run_that_ends_early_exports_best_matrices(trained: Workspace) -> None:
    worse = {"learning_rate": 0.3, "validation_frequency": 1, "checkpoint_frequency": 1}
    # No loss is better by so much, so the run ends at the third validation.
    ends = {"early_stopping_patience": 2, "early_stopping_min_delta": 100}
    _write(trained, {**worse, **ends, "max_steps": 40})
    assert CliRunner().invoke(train, ["training.yaml", "--name", "early"]).exit_code == 0
    finished = trained.events("early")[-1]
    assert isinstance(finished, events.RunFinished)
    assert finished.step < 40
    assert finished.best_checkpoint
    best = _files(trained, "early", finished.best_checkpoint)["adapter_model.safetensors"]
    assert _files(trained, "early")["adapter_model.safetensors"] == best


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"r": 8}, "LoRA r 4, lora_alpha 32, on all linear layers → r 8,"),
        ({"use_rslora": True}, "use_rslora"),
        (None, "→ none, all weights are trained"),
    ],
)
def test_resume_with_another_section_is_refused(
    trained: Workspace, changes: dict[str, Any] | None, says: str
) -> None:
    training = {"max_steps": 5, "learning_rate": 0.01}
    if changes is None:
        trained.write_recipe(training_config={**_TRAINING, **training})
    else:
        _write(trained, training, **changes)
    result = CliRunner().invoke(train, ["training.yaml", "--resume", "--name", "run"])
    assert result.exit_code == 1
    assert "the model is not the one of" in result.stderr
    assert says in result.stderr


def test_run_continues_from_adapter_with_new_optimizer(trained: Workspace) -> None:
    measured = [one.loss for one in trained.events("run") if isinstance(one, events.Validation)]
    shutil.copytree("checkpoints/run/final", "adapter")
    still = {"max_steps": 1, "learning_rate": 1e-12, "validation_frequency": 1}
    _write(trained, still, adapter_path="adapter")
    assert CliRunner().invoke(train, ["training.yaml", "--name", "on"]).exit_code == 0
    [now] = [one.loss for one in trained.events("on") if isinstance(one, events.Validation)]
    assert now == pytest.approx(measured[-1], abs=1e-6)


def _adapter(**changes: Any) -> Callable[[Workspace], None]:
    """The run's adapter with a changed config."""

    def change(workspace: Workspace) -> None:
        shutil.copytree(workspace.run_folder("run") / "final", "adapter")
        file = Path("adapter/adapter_config.json")
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
        _write(workspace, adapter_path="adapter")

    return change


def _other_base(workspace: Workspace) -> None:
    _adapter()(workspace)
    weights = load_file("base/model.safetensors")
    name = next(iter(weights))
    save_file({**weights, name: weights[name] + 1}, "base/model.safetensors", {"format": "pt"})


MISTAKES: dict[str, tuple[Callable[[Workspace], None], str]] = {
    "no base": (
        lambda workspace: workspace.write("tuned.yaml", "transformer_config: {vocab_size: 0}\n"),
        "error[lora-without-base] `lora_config` needs a pretrained model, and the model file has "
        "no `model_path`: name its folder there, or remove the section to train all weights",
    ),
    "no such layer": (
        lambda workspace: _write(workspace, target_modules=["c_atn"]),
        "error[lora-target-unknown] `target_modules` has `c_atn`, which is no linear layer of a ",
    ),
    "no such adapter": (
        lambda workspace: _write(workspace, adapter_path="nowhere"),
        "error[folder-not-found] `adapter_path` names no folder: looked for",
    ),
    "not an adapter": (
        lambda workspace: _write(workspace, adapter_path="base"),
        "error[unreadable-adapter] `adapter_path` names no adapter: base has no adapter_config",
    ),
    "an adapter as the base": (
        lambda workspace: workspace.write(
            "tuned.yaml", "transformer_config: {model_path: checkpoints/run/final}\n"
        ),
        "checkpoints/run/final contains LoRA's matrices alone; name the folder of the model",
    ),
    "another kind of adapter": (_adapter(use_dora=True), "`use_dora` is true in adapter/adapter_"),
    "another scale": (
        _adapter(lora_alpha=7),
        "`lora_alpha` is 32.0, and 7.0 in the adapter in adapter; write `lora_alpha: 7.0`",
    ),
    "another base": (_other_base, "adapter was trained on other weights than those in base"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_reported_before_anything_is_written(case: str, trained: Workspace) -> None:
    change, says = MISTAKES[case]
    change(trained)
    for mode in ((), ("--dry-run",)):
        result = CliRunner().invoke(train, ["training.yaml", "--name", "wrong", *mode])
        assert says in result.stderr
        assert result.exit_code == 1
    assert not trained.run_folder("wrong").exists()


def test_dry_run_counts_what_is_trained_and_saved(
    tuning: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tuning.path)
    shown = CliRunner().invoke(train, ["training.yaml", "--dry-run", "--format", "json"])
    outline = json.loads(shown.stdout)["outline"]
    _train(tuning, "--name", "run")
    started = tuning.events("run")[0]
    assert isinstance(started, events.RunStarted)
    assert outline["parameters"] == started.parameters
    assert outline["trained_parameters"] == started.trained_parameters
    saved = _files(tuning, "run", "checkpoints/step-000008")
    tensors = len(saved["adapter_model.safetensors"]) + len(saved["optimizer.safetensors"])
    # Beside the numbers, the files contain names.
    assert outline["checkpoints"]["bytes_each"] == pytest.approx(tensors, rel=0.3)
    frozen = 4 * (started.parameters - outline["trained_parameters"])
    # At the moment of the peak, some gradients do not exist yet.
    trained = outline["memory"]["parameters"] - frozen
    assert 12 * outline["trained_parameters"] <= trained <= 16 * outline["trained_parameters"]
