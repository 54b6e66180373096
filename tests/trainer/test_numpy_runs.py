"""Whole runs with the backend `numpy`: the same loop, checkpoints and samples as with PyTorch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workspace import MODEL, Workspace

from patience import PATIENCE
from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.registry import choose_backend
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.config.source import parse_override
from trainsmith_trainer.run.resume import plan_resume
from trainsmith_trainer.run.training import run_training

_WITHOUT_TORCH = """\
import sys
sys.modules["torch"] = None  # As if it were not installed.
from trainsmith.__main__ import main
main(sys.argv[1:])
"""
_MODELS: dict[str, dict[str, Any]] = {
    "gpt2": {"model_type": "gpt2", "weight_tying": "enabled"},
    "llama": {"model_type": "llama", "num_groups": 2},
    "qwen3": {"model_type": "qwen3", "num_groups": 2},
}


def _losses(workspace: Workspace, name: str) -> dict[int, float]:
    found = (one for one in workspace.events(name) if isinstance(one, events.Step))
    return {step.step: step.loss for step in found}


def _train(workspace: Workspace, name: str, backend: str, origin: Path | None = None) -> None:
    """Train in this process, perhaps from a checkpoint on."""
    config = load_config(workspace.path / "training.yaml")
    runs = workspace.path / "checkpoints"
    plan = plan_resume(runs, config.path, name, origin) if origin else None
    assert run_training(config, name, resume=plan, backend=choose_backend(backend)) == 0


@pytest.mark.parametrize("family", _MODELS)
def test_resumed_run_equals_uninterrupted_one(workspace: Workspace, family: str) -> None:
    workspace.write_recipe(training_config={"max_steps": 8, "checkpoint_frequency": 4})
    workspace.write_model(**_MODELS[family])
    train = ("train", "training.yaml", "--backend", "numpy", "--name")
    whole = workspace.command(*train, "whole")
    assert whole.returncode == 0, whole.stderr
    half = workspace.run_folder("whole") / "checkpoints" / "step-000004"
    resumed = workspace.command(*train, "resumed", "--resume", str(half))
    assert resumed.returncode == 0, resumed.stderr
    first, second = (_losses(workspace, name) for name in ("whole", "resumed"))
    assert second == {step: loss for step, loss in first.items() if step > 4}
    for file in ("model.safetensors", "optimizer.safetensors", "random.safetensors"):
        last = [
            workspace.run_folder(name) / "checkpoints" / "step-000008" / file
            for name in ("whole", "resumed")
        ]
        assert last[0].read_bytes() == last[1].read_bytes(), file


def _without_torch(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT_TORCH, *arguments],
        cwd=workspace.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_runs_train_and_generate_without_torch(workspace: Workspace) -> None:
    numpy = ("--backend", "numpy")
    trained = _without_torch(workspace, "train", "training.yaml", "--name", "one", *numpy)
    assert trained.returncode == 0, trained.stderr
    prompt = ("--prompt", "To be", "--seed", "1")
    generated = _without_torch(workspace, "generate", "one", *prompt, *numpy)
    assert generated.stdout.startswith("To be"), generated.stderr


def test_missing_torch_is_named_with_the_backend_that_needs_none(workspace: Workspace) -> None:
    result = _without_torch(workspace, "train", "training.yaml")
    assert result.returncode == 1
    assert "this Python lacks: torch\n" in result.stderr
    assert "without it, more slowly: --backend numpy" in result.stderr
    named = _without_torch(workspace, "train", "training.yaml", "--backend", "torch")
    assert named.returncode == 2
    assert "this Python lacks the package torch" in " ".join(named.stderr.split())


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD"])
@pytest.mark.parametrize("family", _MODELS)
@pytest.mark.parametrize("backends", [("torch", "numpy"), ("numpy", "torch")])
def test_run_begun_on_one_backend_continues_on_the_other(
    workspace: Workspace, family: str, backends: tuple[str, str], optimizer: str
) -> None:
    section = {"type": optimizer, **({"momentum": 0.9} if optimizer == "SGD" else {})}
    runs = {"checkpoint_dir": str(workspace.path / "checkpoints"), "max_steps": 8}
    workspace.write_recipe(
        training_config={**runs, "checkpoint_frequency": 4, "optimizer": section}
    )
    workspace.write_model(**_MODELS[family], dropout_prob=0.0)
    _train(workspace, "begun", backends[0])
    half = workspace.run_folder("begun") / "checkpoints" / "step-000004"
    _train(workspace, "continued", backends[1], half)
    begun, continued = (_losses(workspace, name) for name in ("begun", "continued"))
    assert list(continued) == [5, 6, 7, 8]
    for step, loss in continued.items():
        assert loss == pytest.approx(begun[step], abs=1e-5)
    warnings = [
        one.message for one in workspace.events("continued") if isinstance(one, events.Warned)
    ]
    changed = f"backend was {backends[0]} and is now {backends[1]}: "
    assert f"{changed}results agree only up to rounding" in warnings
    assert not any("unknown" in warning for warning in warnings)


def test_final_model_generates_on_both_backends(workspace: Workspace) -> None:
    assert workspace.command("train", "training.yaml", "--backend", "numpy").returncode == 0
    generate = ("generate", "training-001", "--prompt", "To", "--temperature", "0")
    texts = [workspace.command(*generate, "--backend", name).stdout for name in ("torch", "numpy")]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 10


_SAMPLE = Path(__file__).parents[2] / "examples" / "shakespeare"
_SAMPLE_LOSSES = (4.28342, 3.94402, 3.81040, 3.76537, 3.73000, 3.73141, 3.66634, 3.66305)
"""Of the sample's first steps. They change only if the sample, its data's order or the way in which
weights are drawn changes."""


@pytest.mark.parametrize("backend", ["torch", "numpy"])
def test_sample_trains_along_the_golden_curve(tmp_path: Path, backend: str) -> None:
    workspace = Workspace(tmp_path)
    shutil.copytree(_SAMPLE, tmp_path, dirs_exist_ok=True)
    folder = {"training_config.checkpoint_dir": tmp_path / "checkpoints"}
    changes = {**folder, "training_config.max_steps": len(_SAMPLE_LOSSES)}
    overrides = [parse_override("--set", f"{key}={value}") for key, value in changes.items()]
    config = load_config(tmp_path / "training.yaml", overrides)
    assert run_training(config, backend, backend=choose_backend(backend)) == 0
    losses = list(_losses(workspace, backend).values())
    assert losses == pytest.approx(_SAMPLE_LOSSES, abs=1e-4)


@pytest.mark.parametrize("family", _MODELS)
def test_initial_weights_of_all_backends_are_equal(family: str) -> None:
    section = {**MODEL, **_MODELS[family], "vocab_size": 11}
    model = ModelDocument.model_validate({"transformer_config": section}).transformer_config
    first, second = (
        choose_backend(name).module.open_backend(model, TrainingConfig(seed=7)).weights()
        for name in ("torch", "numpy")
    )
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


_REFUSALS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "family": (
        {},
        {"model_type": "phi3"},
        "the backend `numpy` has no layers for `model_type` phi3: it has those of `gpt2`, `llama` "
        "and `qwen3`; use `--backend torch`",
    ),
    "optimizer": (
        {"training_config": {"optimizer": {"type": "Muon"}}},
        {},
        "the backend `numpy` does not have the optimizer `Muon`: write `AdamW` or `SGD`, or use "
        "`--backend torch`",
    ),
    "devices": (
        {"device_config": {"mesh_shape": [1, 2], "enable_ddp": True}},
        {},
        "the backend `numpy` computes on one device, and `mesh_shape` asks for 2: write [1, 1], "
        "or use `--backend torch`",
    ),
}


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
@pytest.mark.parametrize("what", _REFUSALS)
def test_what_the_backend_lacks_is_refused(
    workspace: Workspace, what: str, options: tuple[str, ...]
) -> None:
    recipe, shape, message = _REFUSALS[what]
    workspace.write_recipe(**recipe)
    workspace.write_model(**shape)
    result = workspace.command("train", "training.yaml", "--backend", "numpy", *options)
    assert result.returncode == 1
    assert f"error[backend] {message}" in result.stderr
    assert not (workspace.path / "checkpoints").exists()


def test_lora_is_refused(workspace: Workspace) -> None:
    assert workspace.command("train", "training.yaml", "--backend", "numpy").returncode == 0
    shutil.copytree(workspace.run_folder() / "final", workspace.path / "base")
    workspace.write_recipe(lora_config={"r": 2})
    workspace.write_model(model_path="base", embedding_dim=32)
    result = workspace.command("train", "training.yaml", "--backend", "numpy", "--dry-run")
    assert "the backend `numpy` does not have LoRA: remove `lora_config`" in result.stderr


def test_keys_without_effect_are_warned_about(workspace: Workspace) -> None:
    keys = {"tf32": True, "use_kahan_summation": True, "compile": True}
    workspace.write_recipe(training_config=keys)
    result = workspace.command("train", "training.yaml", "--backend", "numpy", "--dry-run")
    assert result.returncode == 0, result.stderr
    assert "`tf32` has no effect: only NVIDIA GPUs have it" in result.stdout
    assert "`compile` has no effect: only the backend `torch` compiles" in result.stdout
    assert "Kahan summation has no bfloat16 rounding to carry" in result.stdout
