"""`trainsmith stop`: another program stops a run, which saves a checkpoint first."""

from __future__ import annotations

from typing import Any

import pytest
from running import LONG, wait_for_step
from workspace import Workspace

from patience import PATIENCE
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import STOP
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in, verify_checkpoint


@pytest.mark.parametrize("devices", [1, 2])
def test_run_of_another_program_stops(workspace: Workspace, devices: int) -> None:
    workspace.write_recipe(
        training_config=LONG, device_config={"mesh_shape": [1, devices], "enable_ddp": devices > 1}
    )
    with workspace.start("train", "training.yaml") as process:
        wait_for_step(workspace, process)
        asked = workspace.command("stop", "training-001")
        _, errors = process.communicate(timeout=PATIENCE)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout == "training-001 stops after its current step, and saves a checkpoint\n"
    assert process.returncode == 130, errors
    stopped = workspace.events()[-1]
    assert isinstance(stopped, events.RunStopped)
    assert stopped.reason == "trainsmith stop"
    checkpoint = checkpoints_in(workspace.run_folder() / "checkpoints")[-1]
    assert verify_checkpoint(checkpoint).step == stopped.step
    # The file is gone, so the run can be resumed.
    assert not (workspace.run_folder() / STOP).exists()


def test_only_running_runs_are_stopped(workspace: Workspace) -> None:
    assert workspace.command("train", "training.yaml").returncode == 0
    result = workspace.command("stop", "training-001")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith("training-001 is not running\n")
    assert not (workspace.run_folder() / STOP).exists()


def test_leftover_file_stops_nothing(workspace: Workspace) -> None:
    assert workspace.command("train", "training.yaml").returncode == 0
    (workspace.run_folder() / STOP).write_bytes(b"")
    more: dict[str, Any] = {"max_steps": 8}
    workspace.write_recipe(training_config=more)
    assert workspace.command("train", "training.yaml", "--resume").returncode == 0
    assert isinstance(workspace.events()[-1], events.RunFinished)
    assert not (workspace.run_folder() / STOP).exists()
