"""Weights & Biases and TensorBoard with the real packages, and the privacy setting."""

from __future__ import annotations

import importlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from workspace import Workspace

from patience import PATIENCE
from trainsmith_schemas.runs import events
from trainsmith_trainer.config.trackers import privacy_restriction
from trainsmith_trainer.report.tensorboard import TensorBoard

_ASKED = {"use_wandb": True, "wandb_project": "shakespeare", "wandb_run_name": "hamlet"}


def _train(workspace: Workspace, *options: str, **environment: str) -> tuple[int, str]:
    arguments = ("train", "training.yaml", *options)
    with workspace.start(*arguments, environment=environment) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def _records(file: Path) -> Iterator[Any]:
    """What wandb wrote for a later `wandb sync`: LevelDB's log format after a head of 7 bytes."""
    content, at, record = file.read_bytes(), 7, b""
    while at + 7 <= len(content):
        left = 32_768 - at % 32_768
        if left < 7:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        record += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # Whole, or its last part.
            message = importlib.import_module("wandb.proto.wandb_internal_pb2").Record()
            message.ParseFromString(record)
            record = b""
            yield message


def test_offline_wandb_run_contains_settings_and_metrics_but_no_text(workspace: Workspace) -> None:
    workspace.write_recipe(training_config=_ASKED)
    code, errors = _train(workspace, WANDB_MODE="offline")
    assert code == 0, errors
    (file,) = workspace.run_folder().glob("wandb/offline-run-*/run-*.wandb")
    records = list(_records(file))
    (run,) = (record.run for record in records if record.HasField("run"))
    assert (run.project, run.display_name) == ("shakespeare", "hamlet")
    assert any(item.key == "training_config" for item in run.config.update)
    logged = [
        {"/".join(item.nested_key) or item.key: item.value_json for item in record.history.item}
        for record in records
        if record.HasField("history")
    ]
    losses = [event.loss for event in workspace.events() if isinstance(event, events.Step)]
    assert [float(one["train/loss"]) for one in logged if "train/loss" in one] == losses
    assert sum("validation/loss" in one for one in logged) == 2
    assert b"nobler" not in file.read_bytes()
    assert not run.git.remote_url
    (exit_record,) = (record.exit for record in records if record.HasField("exit"))
    assert exit_record.exit_code == 0


@pytest.mark.parametrize("folder", ["wandb", ".wandb"])
def test_a_server_that_the_folder_names_is_refused(workspace: Workspace, folder: str) -> None:
    workspace.write_recipe(training_config=_ASKED)
    (workspace.path / folder).mkdir()
    workspace.write(f"{folder}/settings", "[default]\nbase_url = http://127.0.0.1:9/\n")
    code, errors = _train(workspace, WANDB_MODE="offline")
    assert code == 1
    assert f"would follow {folder}/settings" in errors
    assert not workspace.run_folder().exists()


def test_defaults_of_the_folder_are_not_sent(workspace: Workspace) -> None:
    workspace.write_recipe(training_config=_ASKED)
    workspace.write("config-defaults.yaml", "note:\n  value: secret\n")
    code, errors = _train(workspace, WANDB_MODE="offline")
    assert code == 1
    assert "would send the content of config-defaults.yaml in this folder" in errors
    assert not workspace.run_folder().exists()


def test_wandb_starts_no_git(workspace: Workspace) -> None:
    """Neither the folder's, which a relative entry of the `PATH` names, nor another one."""
    workspace.write_recipe(training_config=_ASKED)
    trap = workspace.path / "git"
    trap.write_text(f"#!/bin/sh\ntouch '{workspace.path}/sprung'\n", encoding="utf-8")
    trap.chmod(0o755)
    path = f".{os.pathsep}{os.environ['PATH']}"
    code, errors = _train(workspace, WANDB_MODE="offline", PATH=path)
    assert code == 0, errors
    assert not (workspace.path / "sprung").exists()


def test_failed_wandb_login_ends_run_before_first_step(
    workspace: Workspace,
) -> None:
    workspace.write_recipe(training_config=_ASKED)
    # Neither the server nor a login exists, so nothing is sent to the network.
    code, errors = _train(
        workspace,
        WANDB_MODE="online",
        WANDB_API_KEY="",
        WANDB_BASE_URL="http://127.0.0.1:9",
        HOME=str(workspace.path),
        NETRC=str(workspace.path / "none"),
    )
    assert code == 1
    assert "Traceback" not in errors
    started, failed = workspace.events()[0], workspace.events()[-1]
    assert isinstance(started, events.RunStarted)
    assert isinstance(failed, events.RunFailed)
    assert (failed.step, failed.config_path) == (0, "training_config.use_wandb")
    assert "WANDB_MODE=offline" in str(failed.advice)


@pytest.mark.parametrize(
    ("variable", "project", "says"),
    [
        ("local-only", None, "the environment variable TRAINSMITH_PRIVACY is `local-only`"),
        ("", "privacy: local-only\n", ".trainsmith.yaml:1:10 says `privacy: local-only`"),
        ("unrestricted", "board: n150\nprivacy: local-only\n", ".trainsmith.yaml:2:10 says"),
        ("local_only", None, "is `local_only`, which is neither `unrestricted` nor `local-only`"),
        ("", "privacy: local\n", "says `privacy: local`, which is neither"),
        ("", "privacy: [\n", ".trainsmith.yaml cannot be read"),
    ],
)
def test_privacy_setting_refuses_wandb(
    workspace: Workspace, variable: str, project: str | None, says: str
) -> None:
    workspace.write_recipe(training_config=_ASKED)
    if project:
        workspace.write(".trainsmith.yaml", project)
    code, errors = _train(workspace, WANDB_MODE="offline", TRAINSMITH_PRIVACY=variable)
    assert code == 1
    assert "training.yaml:10:14: error[wandb-privacy] `use_wandb` sends metrics" in errors
    assert says in errors
    assert "write `use_wandb: false`" in errors
    assert not workspace.run_folder().parent.exists()


def test_project_file_below_does_not_permit_what_one_above_forbids(tmp_path: Path) -> None:
    recipe = tmp_path / "cloned" / "training.yaml"
    recipe.parent.mkdir()
    (tmp_path / ".trainsmith.yaml").write_text("privacy: local-only\n")
    (recipe.parent / ".trainsmith.yaml").write_text("privacy: unrestricted\n")
    assert "`privacy: local-only`" in privacy_restriction(recipe)


def test_privacy_setting_is_ignored_without_tracker(workspace: Workspace) -> None:
    code, errors = _train(workspace, "--max-steps", "1", TRAINSMITH_PRIVACY="local-only")
    assert code == 0, errors
    assert not (workspace.run_folder() / "wandb").exists()


@pytest.mark.parametrize("package", ["wandb", "tensorboard"])
def test_missing_tracker_package_is_reported_before_run(workspace: Workspace, package: str) -> None:
    workspace.write_recipe(training_config={f"use_{package}": True})
    hide = f"import importlib.util as u; f = u.find_spec; u.find_spec = lambda n: n != {package!r}"
    run = "from trainsmith.__main__ import main; main(['train', 'training.yaml'])"
    command = [sys.executable, "-c", f"{hide} and f(n) or None\n{run}"]
    result = subprocess.run(
        command, cwd=workspace.path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    says = f"training.yaml:10:{9 + len(package)}: error[missing-package] `use_{package}` needs"
    assert says in result.stderr
    assert f"-m pip install {package}" in result.stderr
    assert not workspace.run_folder().parent.exists()


def _scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return [(one.step, one.value) for one in accumulator.Scalars(tag)]


def test_tensorboard_logs_step_and_validation_losses(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"use_tensorboard": True})
    code, errors = _train(workspace)
    assert code == 0, errors
    logged_events = workspace.events()
    folder = workspace.run_folder() / "tensorboard"
    for tag, kind in (("train/loss", events.Step), ("validation/loss", events.Validation)):
        wanted = [(event.step, event.loss) for event in logged_events if isinstance(event, kind)]
        assert _scalars(folder, tag) == [(step, pytest.approx(loss)) for step, loss in wanted]


@pytest.mark.parametrize("tracker", ["tensorboard", "wandb"])
def test_a_tracker_does_not_write_through_a_link(
    workspace: Workspace,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    tracker: str,
) -> None:
    """A folder of a run that somebody copied may be a link."""
    outside = tmp_path_factory.mktemp("outside")
    assert workspace.command("train", "training.yaml", "--max-steps", "2").returncode == 0
    (workspace.run_folder() / tracker).symlink_to(outside)
    workspace.write_recipe(training_config={f"use_{tracker}": True, "max_steps": 3})
    monkeypatch.setenv("WANDB_MODE", "offline")
    resumed = workspace.command("train", "training.yaml", "--resume")
    assert "is a symbolic link" in resumed.stderr
    assert list(outside.iterdir()) == []


def test_resumed_steps_replace_earlier_ones_in_tensorboard(tmp_path: Path) -> None:
    def start(steps_before: int, first: int, last: int, loss: float) -> None:
        board = TensorBoard(tmp_path)
        board(_started(steps_before))
        for step in range(first, last + 1):
            board(_step(step, loss))
        board(events.RunStopped(time=1.0, step=last, reason="a test"))

    start(0, 1, 6, loss=3.0)
    start(4, 5, 7, loss=2.0)
    steps = _scalars(tmp_path / "tensorboard", "train/loss")
    assert steps == [(1, 3), (2, 3), (3, 3), (4, 3), (5, 2), (6, 2), (7, 2)]


def _started(steps_before: int) -> events.RunStarted:
    return events.RunStarted(
        time=1.0,
        name="x",
        config="x.yaml",
        device="CPU",
        parameters=1,
        total_steps=9,
        ends_by="max_steps",
        steps_per_epoch=9,
        effective_batch=1,
        tokens_per_step=1,
        steps_before=steps_before,
    )


def _step(step: int, loss: float) -> events.Step:
    return events.Step(
        time=1.0,
        step=step,
        epoch=1,
        loss=loss,
        learning_rate=1.0,
        grad_norm=1.0,
        tokens_per_second=1.0,
        seconds_left=1.0,
    )
