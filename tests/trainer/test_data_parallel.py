"""Several processes that train one model: the same run as with one, and failures of a process."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from running import (
    LONG,
    rank_pid,
    start_impatient,
    torchrun,
    wait_for_step,
    wait_until_blocked,
)
from workspace import Workspace

from patience import PATIENCE
from skips import NO_PROC
from trainsmith_schemas.runs import events
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in, verify_checkpoint

TWO = {"mesh_shape": [1, 2], "enable_ddp": True}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason=NO_PROC)


def _steps(workspace: Workspace, name: str) -> list[events.Step]:
    return [event for event in workspace.events(name) if isinstance(event, events.Step)]


def _validations(workspace: Workspace, name: str) -> list[float]:
    return [event.loss for event in workspace.events(name) if isinstance(event, events.Validation)]


def _train(workspace: Workspace, name: str, *options: str) -> None:
    result = workspace.command("train", "training.yaml", "--name", name, *options)
    assert result.returncode == 0, result.stderr


def _final(workspace: Workspace, name: str) -> bytes:
    return (workspace.run_folder(name) / "final" / "model.safetensors").read_bytes()


def test_two_ranks_match_one_rank(workspace: Workspace) -> None:
    workspace.write_model(dropout_prob=0.0)
    workspace.write_recipe(
        training_config={"gradient_accumulation_steps": 2, "validation_batch_size": 3}
    )
    _train(workspace, "one")
    workspace.write_recipe(
        training_config={"gradient_accumulation_steps": 2, "validation_batch_size": 3},
        device_config=TWO,
    )
    _train(workspace, "two")
    one, two = _steps(workspace, "one"), _steps(workspace, "two")
    assert [step.loss for step in two] == pytest.approx([step.loss for step in one], rel=1e-5)
    assert [step.grad_norm for step in two] == pytest.approx(
        [step.grad_norm for step in one], rel=1e-4
    )
    assert _validations(workspace, "two") == pytest.approx(_validations(workspace, "one"), rel=1e-5)
    started = workspace.events("two")[0]
    assert isinstance(started, events.RunStarted)
    assert started.device == "2 × CPU, 1 thread"


def test_two_rank_resume_is_bit_identical(workspace: Workspace) -> None:
    workspace.write_model(dropout_prob=0.3)
    workspace.write_recipe(device_config=TWO, training_config={"keep_last_n": 9})
    _train(workspace, "whole")
    checkpoint = workspace.run_folder("whole") / "checkpoints" / "step-000004"
    _train(workspace, "again", "--resume", str(checkpoint))
    assert _final(workspace, "again") == _final(workspace, "whole")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_torchrun_starts_ranks(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO)
    _train(workspace, "ours")
    with torchrun(workspace, "theirs", "--standalone", "--nproc-per-node=2") as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert _final(workspace, "theirs") == _final(workspace, "ours")


def test_torchrun_starts_ranks_on_several_machines(workspace: Workspace) -> None:
    """Two agents, as on two machines that share a disk."""
    workspace.write_recipe(device_config=TWO)
    _train(workspace, "ours")
    port = f"--master-port={_free_port()}"
    agents = [
        torchrun(
            *(workspace, "theirs", port, "--nnodes=2", "--nproc-per-node=1", f"--node-rank={node}")
        )
        for node in range(2)
    ]
    try:
        for agent in agents:
            _, errors = agent.communicate(timeout=PATIENCE)
            assert agent.returncode == 0, errors
    finally:
        for agent in agents:
            agent.kill()
    assert _final(workspace, "theirs") == _final(workspace, "ours")


def test_world_size_must_match_mesh(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write_recipe(device_config=TWO)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "3")
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 1
    assert "`mesh_shape` is 2 devices, and 3 processes were started for it" in result.stderr


def test_dead_rank_is_named_and_last_step_saved(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO, training_config=LONG)
    with workspace.start("train", "training.yaml") as process:
        wait_for_step(workspace, process)
        os.kill(rank_pid(process, 1), signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in errors
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    assert failed.message == "rank 1 was killed by SIGKILL"
    checkpoint = checkpoints_in(workspace.run_folder() / "checkpoints")[-1]
    assert verify_checkpoint(checkpoint).step == failed.step
    workspace.write_recipe(
        device_config=TWO, training_config={**LONG, "max_steps": failed.step + 1}
    )
    result = workspace.command("train", "training.yaml", "--resume")
    assert result.returncode == 0, result.stderr


def test_crashed_rank_says_where(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO, training_config=LONG)
    with workspace.start("train", "training.yaml") as process:
        wait_for_step(workspace, process)
        os.kill(rank_pid(process, 1), signal.SIGSEGV)
        process.communicate(timeout=PATIENCE)
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    call = r"\w+ \(\w+\.py, line \d+\)"
    pattern = rf"rank 1 was killed by SIGSEGV in {call}(, called by {call}){{1,3}}"
    assert re.fullmatch(pattern, failed.message)


def test_workers_exit_with_rank_zero(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO, training_config=LONG)
    with workspace.start("train", "training.yaml") as process:
        wait_for_step(workspace, process)
        other = Path(f"/proc/{rank_pid(process, 1)}")
        process.kill()
        process.communicate(timeout=PATIENCE)
    deadline = time.time() + PATIENCE
    while other.exists() and time.time() < deadline:
        time.sleep(0.05)
    assert not other.exists()


def test_ctrl_c_stops_all_ranks_and_saves(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO, training_config=LONG)
    with workspace.start("train", "training.yaml", start_new_session=True) as process:
        wait_for_step(workspace, process)
        os.killpg(process.pid, signal.SIGINT)  # As a terminal does.
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    stopped = workspace.events()[-1]
    assert isinstance(stopped, events.RunStopped)
    checkpoint = checkpoints_in(workspace.run_folder() / "checkpoints")[-1]
    assert verify_checkpoint(checkpoint).step == stopped.step


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_signal_ends_run_whose_other_rank_hangs(workspace: Workspace, name: str) -> None:
    workspace.write_recipe(device_config=TWO, training_config=LONG)
    with start_impatient(workspace) as process:
        wait_for_step(workspace, process)
        os.kill(rank_pid(process, 1), signal.SIGSTOP)
        wait_until_blocked(workspace)
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + getattr(signal, name)
    assert "Another device does not answer" in errors
    stopped = workspace.events()[-1]
    assert isinstance(stopped, events.RunStopped)
    checkpoint = checkpoints_in(workspace.run_folder() / "checkpoints")[-1]
    assert verify_checkpoint(checkpoint).step == stopped.step


def test_rank_that_hangs_ends_the_run_after_the_timeout(workspace: Workspace) -> None:
    workspace.write_recipe(device_config={**TWO, "ddp_timeout": 2}, training_config=LONG)
    with workspace.start("train", "training.yaml") as process:
        wait_for_step(workspace, process)
        os.kill(rank_pid(process, 1), signal.SIGSTOP)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    assert checkpoints_in(workspace.run_folder() / "checkpoints")


def test_early_stopping_is_the_same_on_two_ranks(workspace: Workspace) -> None:
    training = {"max_steps": 60, "early_stopping_patience": 2, "learning_rate": 0.5}
    workspace.write_model(dropout_prob=0.0)
    ends: list[int] = []
    for name, devices in (("one", {}), ("two", TWO)):
        workspace.write_recipe(device_config=devices, training_config=training)
        _train(workspace, name)
        ended = workspace.events(name)[-1]
        assert isinstance(ended, events.RunFinished)
        assert str(ended.reason).startswith("ended early, after 2 validations")
        ends.append(ended.step)
    assert ends[0] == ends[1] < 60


def test_spawned_ranks_match_forked_ranks(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write_recipe(device_config=TWO)
    _train(workspace, "copies")
    monkeypatch.setenv("TRAINSMITH_START_METHOD", "spawn")
    _train(workspace, "commands")
    assert _final(workspace, "commands") == _final(workspace, "copies")


def test_rank_that_fails_to_start_reports_reason(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO)
    (workspace.path / "sitecustomize.py").write_text(
        "import os\nif os.environ.get('RANK') == '1':\n    os.remove('text.txt')\n",
        encoding="utf-8",
    )
    environment = {"PYTHONPATH": str(workspace.path), "TRAINSMITH_START_METHOD": "spawn"}
    with workspace.start("train", "training.yaml", environment=environment) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in errors
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    assert failed.message.startswith("rank 1 exited: ")
    assert "`data_path` names no file" in failed.message


def test_diverging_run_fails_as_on_one_rank(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=TWO, training_config={"learning_rate": 1e30})
    result = workspace.command("train", "training.yaml", "--max-steps", "50")
    assert result.returncode == 1
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    assert "the weights were left as they were" in failed.message
