"""The reason of a failed run, as data: the key, its line, and the value to change."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from workspace import Workspace

from skips import NO_MEMORY_LIMIT
from trainsmith_schemas.runs import events
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.run.training import run_training


def _failure(workspace: Workspace) -> events.RunFailed:
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    return failed


def test_divergence_reports_line_and_suggests_lower_rate(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"learning_rate": 1e30, "max_steps": 50})
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 1
    failed = _failure(workspace)
    assert failed.config_path == "training_config.learning_rate"
    assert (failed.file, failed.line) == ("training.yaml", 6)
    assert failed.change == events.Change(key="training_config.learning_rate", value=1e-4)
    assert "training_config.learning_rate, training.yaml:6" in result.stderr
    listed = json.loads(workspace.command("runs", "--format", "json").stdout)["runs"]
    (advice,) = listed[0]["advice"]
    assert advice["symptom"] == "diverged"
    assert advice["change"] == {"key": "training_config.learning_rate", "value": 1e-4}
    said = "try `training_config.learning_rate: 0.0001`"
    assert said in workspace.command("runs").stdout
    workspace.write_recipe(training_config={"max_steps": 1})
    assert workspace.command("train", "training.yaml").returncode == 0
    compared = workspace.command("compare", "training-001", "training-002", "--no-curves").stdout
    assert f"training-001: diverged: {failed.message}; {said}" in compared


@pytest.mark.skipif(sys.platform != "linux", reason=NO_MEMORY_LIMIT)
def test_out_of_memory_reports_line_and_suggests_half_the_batch(workspace: Workspace) -> None:
    """A real process with a limit on its memory, and a step that needs far more."""
    workspace.write("text.txt", "abcdefgh" * 200_000)
    workspace.write_recipe(training_config={"batch_size": 20_000})
    workspace.write_model(embedding_dim=512, max_sequence_length=64)
    result = workspace.command_within("train", "training.yaml", gibibytes=6)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    failed = _failure(workspace)
    assert "memory is too small for a step" in failed.message
    assert (failed.config_path, failed.file, failed.line) == (
        "training_config.batch_size",
        "training.yaml",
        4,
    )
    assert failed.change == events.Change(key="training_config.batch_size", value=10_000)


@pytest.mark.parametrize(
    ("error", "key", "line"),
    [
        (MemoryError(), "training_config.batch_size", 4),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate "
                "memory: you tried to allocate 9 bytes."
            ),
            "training_config.batch_size",
            4,
        ),
        (OSError(28, "No space left on device"), "training_config.keep_last_n", 9),
        (OSError(5, "Input/output error"), None, None),
        (ValueError("a mistake of ours"), None, None),
    ],
)
def test_error_in_update_is_mapped_to_its_key(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    key: str | None,
    line: int | None,
) -> None:
    """Such errors cannot be provoked, so a patched update raises them."""

    def raise_it(_backend: TorchBackend, _rate: float) -> None:
        raise error

    monkeypatch.setattr(TorchBackend, "update", raise_it)
    monkeypatch.chdir(workspace.path)
    assert run_training(load_config(Path("training.yaml")), None) == 1
    failed = _failure(workspace)
    assert (failed.config_path, failed.line) == (key, line)
    log = (workspace.run_folder() / "training.log").read_text(encoding="utf-8")
    assert ("Traceback" in log) == isinstance(error, ValueError)
