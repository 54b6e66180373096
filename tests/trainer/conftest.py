"""Fixtures of the trainer's tests; `workspace.py` defines the workspaces."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from workspace import Workspace, make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path)


@pytest.fixture(scope="session", params=["gpt2", "llama"])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose recipe was trained by a real process, once for each family of models."""
    workspace = make_workspace(tmp_path_factory.mktemp(request.param))
    workspace.write_model(model_type=request.param, **_SHAPES[request.param])
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    return workspace


_SHAPES: dict[str, dict[str, Any]] = {
    "gpt2": {"bias": False},
    "llama": {
        "num_groups": 2,
        "weight_tying": "enabled",
        "rope_scaling": {"scaling_factor": 4.0, "original_context_length": 8},
    },
}
