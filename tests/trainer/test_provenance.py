"""A run's folder records its provenance: files, options, versions, the commit."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from typing import Any

import pytest
import yaml
from workspace import Workspace

from trainsmith_trainer.history.record import read_settings


def _git(workspace: Workspace, *arguments: str) -> str:
    identity = ("-c", "user.name=A Test", "-c", "user.email=test@example.org")
    command = ["git", *identity, *arguments]
    return subprocess.run(
        command, cwd=workspace.path, capture_output=True, text=True, check=True
    ).stdout.strip()


def _provenance(workspace: Workspace, name: str) -> dict[str, Any]:
    options = ("--name", name, "--set", "training_config.seed=7", "--max-steps", "1")
    result = workspace.command("train", "training.yaml", *options)
    assert result.returncode == 0, result.stderr
    resolved = workspace.run_folder(name) / "resolved.yaml"
    return yaml.safe_load(resolved.read_text(encoding="utf-8"))["provenance"]


def test_provenance_records_commit_and_uncommitted_changes(workspace: Workspace) -> None:
    workspace.write(".gitignore", "checkpoints/\nexperiments.md\n")
    _git(workspace, "init", "-q")
    _git(workspace, "add", ".")
    _git(workspace, "commit", "-q", "-m", "first")
    commit = _git(workspace, "rev-parse", "HEAD")

    clean = _provenance(workspace, "clean")
    assert (clean["git_commit"], clean["git_uncommitted_changes"]) == (commit, False)
    workspace.write_recipe(training_config={"batch_size": 2})
    changed = _provenance(workspace, "changed")
    assert (changed["git_commit"], changed["git_uncommitted_changes"]) == (commit, True)
    # The uncommitted recipe is in the run's folder nevertheless.
    kept = (workspace.run_folder("changed") / "config.yaml").read_bytes()
    assert kept == (workspace.path / "training.yaml").read_bytes()


def test_provenance_records_versions_and_options(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A repository above the test's folder must not be found.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(workspace.path.parent))
    made_with = _provenance(workspace, "one")
    assert made_with["python"] == platform.python_version()
    assert made_with["torch"] == importlib.metadata.version("torch")
    assert made_with["trainsmith"] == importlib.metadata.version("trainsmith")
    assert made_with["options"] == "--set training_config.seed=7 --max-steps 1"
    assert (made_with["git_commit"], made_with["git_uncommitted_changes"]) == (None, None)
    text = (workspace.run_folder("one") / "resolved.yaml").read_text(encoding="utf-8")
    assert "  seed: 7  # --set training_config.seed=7" in text
    assert "  max_steps: 1  # --max-steps 1" in text
    settings = read_settings(workspace.run_folder("one"))
    assert settings
    assert settings.document.training_config.seed == 7
