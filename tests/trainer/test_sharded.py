"""Fully sharded data parallelism: the losses of data parallelism, and checkpoints in parts."""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from ranks import SGD, on_ranks, take_steps
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
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_trainer.backends.torch.sharding import owners
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in, verify_checkpoint

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason=NO_PROC)

_PLAIN: dict[str, Any] = {"dropout_prob": 0.0}
_CASES: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "plain": (2, _PLAIN, SGD),
    "adamw": (2, _PLAIN, {}),
    "three-ranks-tied": (3, {**_PLAIN, "weight_tying": "enabled"}, SGD),
    "four-ranks-recomputed": (4, {**_PLAIN, "runner_type": "memory_efficient"}, SGD),
    "llama-clipped": (
        2,
        {**_PLAIN, "model_type": "llama", "num_groups": 2},
        {**SGD, "clip_grad_norm_max_norm": 0.1},
    ),
    "lora": (2, _PLAIN, SGD),
    "lora-bf16": (2, _PLAIN, {**SGD, "precision": "bf16"}),
    "autocast": (2, _PLAIN, {**SGD, "precision": "bf16"}),
}


@pytest.mark.parametrize("case", _CASES)
def test_steps_agree_with_data_parallelism(case: str) -> None:
    """The last step has a micro-batch with a single row, so some ranks have none."""
    size, model, training = _CASES[case]
    lora = LoraConfig(r=2) if case.startswith("lora") else None
    steps = partial(take_steps, model=model, lora=lora, training=training)
    whole, parts = on_ranks(size, steps), on_ranks(size, partial(steps, shard=True))
    for each in parts:
        np.testing.assert_allclose(each.losses, whole[0].losses, rtol=1e-5)
    together = {name: array for each in parts for name, array in each.weights.items()}
    assert sum(len(each.weights) for each in parts) == len(whole[0].weights)
    tolerance = 2e-5 if training is SGD or "optimizer" in training else 2e-2
    for name, array in whole[0].weights.items():
        np.testing.assert_allclose(together[name], array, atol=tolerance)


def test_ranks_write_about_as_many_bytes() -> None:
    shapes = {"a": (100, 10), "b": (50, 10), "c": (50, 10), "d": (3,)}
    assert owners(shapes, 2) == {"a": 0, "b": 1, "c": 1, "d": 0}


def _devices(size: int, *, fsdp: bool = True) -> dict[str, Any]:
    return {"mesh_shape": [1, size], "enable_fsdp": fsdp, "enable_ddp": not fsdp}


def _train(workspace: Workspace, name: str, device: dict[str, Any], *options: str) -> None:
    training = {"batch_size": 4, "keep_last_n": 9}
    workspace.write_recipe(device_config=device, training_config=training)
    result = workspace.command("train", "training.yaml", "--name", name, *options)
    assert result.returncode == 0, result.stdout + result.stderr


def _losses(workspace: Workspace, name: str) -> list[float]:
    return [event.loss for event in workspace.events(name) if isinstance(event, events.Step)]


def _final(workspace: Workspace, name: str) -> bytes:
    return (workspace.run_folder(name) / "final" / "model.safetensors").read_bytes()


def test_checkpoint_resumes_on_any_number_of_ranks(workspace: Workspace) -> None:
    workspace.write_model(dropout_prob=0.0)
    _train(workspace, "two", _devices(2))
    checkpoint = workspace.run_folder("two") / "checkpoints" / "step-000002"
    index = json.loads((checkpoint / "model.safetensors.index.json").read_text("utf-8"))
    assert {name[:12] for name in index["weight_map"].values()} == {"model-00001-", "model-00002-"}
    assert verify_checkpoint(checkpoint).step == 2
    expected = _losses(workspace, "two")[2:]
    for size, device in (
        (4, _devices(4)),
        (1, {}),
        (2, _devices(2, fsdp=False)),
    ):
        name = f"on-{size}"
        _train(workspace, name, device, "--resume", str(checkpoint))
        assert _losses(workspace, name) == pytest.approx(expected, rel=1e-5)
    four = workspace.run_folder("on-4") / "checkpoints" / "step-000004"
    assert (four / "model-00004-of-00004.safetensors").is_file()
    _train(workspace, "back", _devices(2), "--resume", str(four))
    assert _losses(workspace, "back") == pytest.approx(expected[2:], rel=1e-5)


def test_resume_on_as_many_ranks_is_bit_identical(workspace: Workspace) -> None:
    workspace.write_model(dropout_prob=0.3)
    _train(workspace, "whole", _devices(2))
    checkpoint = workspace.run_folder("whole") / "checkpoints" / "step-000004"
    _train(workspace, "again", _devices(2), "--resume", str(checkpoint))
    assert _final(workspace, "again") == _final(workspace, "whole")
    assert _losses(workspace, "again") == _losses(workspace, "whole")[4:]


def test_transformers_reads_checkpoint_in_parts(workspace: Workspace) -> None:
    workspace.write_model(model_type="llama", weight_tying="enabled")
    _train(workspace, "two", _devices(2))
    checkpoint = workspace.run_folder("two") / "checkpoints" / "step-000006"
    theirs = transformers.AutoModelForCausalLM.from_pretrained(checkpoint).state_dict()
    final = transformers.AutoModelForCausalLM.from_pretrained(workspace.run_folder("two") / "final")
    for name, tensor in final.state_dict().items():
        assert torch.equal(theirs[name], tensor)


def test_dead_rank_is_named(workspace: Workspace) -> None:
    """Its part of the weights is lost, so the last checkpoint is the one before."""
    workspace.write_recipe(
        device_config=_devices(2), training_config={**LONG, "checkpoint_frequency": 1}
    )
    with workspace.start("train", "training.yaml") as process:
        wait_for_step(workspace, process)
        os.kill(rank_pid(process, 1), signal.SIGKILL)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in errors
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    assert failed.message == "rank 1 was killed by SIGKILL"
    assert checkpoints_in(workspace.run_folder() / "checkpoints")


def test_torchrun_starts_ranks(workspace: Workspace) -> None:
    _train(workspace, "ours", _devices(2))
    with torchrun(workspace, "theirs", "--standalone", "--nproc-per-node=2") as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert _final(workspace, "theirs") == _final(workspace, "ours")


def test_ctrl_c_stops_all_ranks_and_saves(workspace: Workspace) -> None:
    workspace.write_recipe(device_config=_devices(2), training_config=LONG)
    with workspace.start("train", "training.yaml", start_new_session=True) as process:
        wait_for_step(workspace, process)
        os.killpg(process.pid, signal.SIGINT)  # As a terminal does.
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    stopped = workspace.events()[-1]
    assert isinstance(stopped, events.RunStopped)
    checkpoint = checkpoints_in(workspace.run_folder() / "checkpoints")[-1]
    assert verify_checkpoint(checkpoint).step == stopped.step
    more = {**LONG, "max_steps": stopped.step + 2}
    workspace.write_recipe(device_config=_devices(2), training_config=more)
    result = workspace.command("train", "training.yaml", "--resume")
    assert result.returncode == 0, result.stderr


def test_signal_ends_run_whose_other_rank_hangs(workspace: Workspace) -> None:
    """Its part of the weights is out of reach, so the last checkpoint is the one before."""
    training = {**LONG, "checkpoint_frequency": 1}
    workspace.write_recipe(device_config=_devices(2), training_config=training)
    with start_impatient(workspace) as process:
        wait_for_step(workspace, process)
        os.kill(rank_pid(process, 1), signal.SIGSTOP)
        wait_until_blocked(workspace)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert "Another device does not answer" in errors
    assert "Traceback" not in errors
    assert isinstance(workspace.events()[-1], events.RunStopped)
    assert verify_checkpoint(checkpoints_in(workspace.run_folder() / "checkpoints")[-1]).step >= 1


def test_missing_part_is_a_damaged_checkpoint(workspace: Workspace) -> None:
    _train(workspace, "two", _devices(2))
    checkpoint = workspace.run_folder("two") / "checkpoints" / "step-000004"
    (checkpoint / "optimizer-00002-of-00002.safetensors").unlink()
    result = workspace.command("train", "training.yaml", "--name", "x", "--resume", str(checkpoint))
    assert result.returncode != 0
    assert "optimizer-00002-of-00002.safetensors cannot be read" in result.stderr
    assert "Traceback" not in result.stderr
