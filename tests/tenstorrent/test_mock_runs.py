"""Whole runs with the backend `ttnn` on a mock: processes, signals, checkpoints; no ttnn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from workspace import Workspace

from patience import PATIENCE
from trainsmith_schemas.runs import events

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ttnn exists for Linux only")

_TRAIN = ("train", "training.yaml", "--backend", "ttnn")


def _ended(
    workspace: Workspace, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    with workspace.start(*arguments, environment=environment) as process:
        output, errors = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def _trained(
    workspace: Workspace, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return _ended(workspace, environment, *_TRAIN, *arguments)


def _losses(workspace: Workspace, name: str) -> dict[int, float]:
    found = (one for one in workspace.events(name) if isinstance(one, events.Step))
    return {step.step: step.loss for step in found}


def _wait_for(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def test_mock_run_computes_what_numpy_computes_and_leaves_nothing_behind(
    workspace: Workspace, mock_environment: dict[str, str], tmp_path: Path
) -> None:
    workspace.write_model(dropout_prob=0.0)
    run = _trained(workspace, mock_environment, "--name", "mock")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "notes" / "closed").exists()
    assert "simulated Tenstorrent Blackhole, with ttnn: mock_simulator.so, no board" in run.stdout
    reference = workspace.command("train", "training.yaml", "--backend", "numpy", "--name", "np")
    assert reference.returncode == 0, reference.stderr
    assert _losses(workspace, "mock") == pytest.approx(_losses(workspace, "np"), rel=1e-5)
    assert not list(tmp_path.glob("trainsmith-ttnn-*"))
    assert sorted(one.name for one in workspace.path.iterdir()) == [
        *("checkpoints", "experiments.md", "model.yaml", "text.txt", "training.yaml"),
    ]


def test_resumed_mock_run_equals_uninterrupted_one(
    workspace: Workspace, mock_environment: dict[str, str]
) -> None:
    workspace.write_recipe(training_config={"max_steps": 8, "checkpoint_frequency": 4})
    whole = _trained(workspace, mock_environment, "--name", "whole")
    assert whole.returncode == 0, whole.stderr
    part = _trained(workspace, mock_environment, "--name", "part", "--max-steps", "4")
    assert part.returncode == 0, part.stderr
    part = _trained(workspace, mock_environment, "--name", "part", "--resume")
    assert part.returncode == 0, part.stderr
    assert _losses(workspace, "part") == _losses(workspace, "whole")
    weights = [
        workspace.run_folder(name) / "final" / "model.safetensors" for name in ("part", "whole")
    ]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_generate_with_mock(workspace: Workspace, mock_environment: dict[str, str]) -> None:
    assert _trained(workspace, mock_environment).returncode == 0
    generated = _ended(
        workspace,
        mock_environment,
        *("generate", "checkpoints/training-001", "--backend", "ttnn"),
        *("--prompt", "To be", "--temperature", "0"),
    )
    assert generated.returncode == 0, generated.stderr
    assert generated.stdout.startswith("To be")


def test_ctrl_c_ends_a_mock_step_and_saves_the_one_before(
    workspace: Workspace, mock_environment: dict[str, str], tmp_path: Path
) -> None:
    workspace.write_recipe(training_config={"max_steps": 3, "checkpoint_frequency": 3})
    part = _trained(workspace, mock_environment, "--name", "part", "--max-steps", "1")
    assert part.returncode == 0, part.stderr
    slow = {**mock_environment, "MOCK_TTNN": "slow"}
    noted = tmp_path / "notes" / "product"
    noted.unlink()
    # Each of some hundred operations takes a second, so no step can end in time.
    with workspace.start(*_TRAIN, "--name", "part", "--resume", environment=slow) as process:
        _wait_for(noted)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, output + errors
    (stopped,) = (one for one in workspace.events("part") if isinstance(one, events.RunStopped))
    assert stopped.step == 1
    resumed = _trained(workspace, mock_environment, "--name", "part", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    whole = _trained(workspace, mock_environment, "--name", "whole")
    assert whole.returncode == 0, whole.stderr
    assert _losses(workspace, "part") == _losses(workspace, "whole")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            "die",
            "the process with the device ended with exit code 1: "
            "[12] ERROR: UnsupportedFunctionality: a mock error",
        ),
        ("full", "the device's memory is too small for a step"),
    ],
)
def test_fault_of_the_mock_is_one_error(
    workspace: Workspace, mock_environment: dict[str, str], fault: str, message: str
) -> None:
    run = _trained(workspace, {**mock_environment, "MOCK_TTNN": fault})
    assert run.returncode == 1
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    (failed,) = (one for one in workspace.events() if isinstance(one, events.RunFailed))
    assert message in failed.message


def test_mock_without_devices_is_refused_with_its_own_reason(
    workspace: Workspace, mock_environment: dict[str, str]
) -> None:
    run = _trained(workspace, {**mock_environment, "MOCK_TTNN": "none"})
    assert run.returncode == 2
    assert "No chips detected" in " ".join(run.stderr.replace("│", " ").split())


def test_device_process_ends_with_a_killed_run(
    workspace: Workspace, mock_environment: dict[str, str], tmp_path: Path
) -> None:
    slow = {**mock_environment, "MOCK_TTNN": "slow"}
    with workspace.start(*_TRAIN, environment=slow) as process:
        _wait_for(tmp_path / "notes" / "product")
        process.kill()
    _wait_for(tmp_path / "notes" / "closed")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"device_config": {"mesh_shape": [1, 2], "enable_ddp": True}},
            "computes on one device, and `mesh_shape` asks for 2: write [1, 1]",
        ),
        (
            {"training_config": {"optimizer": {"type": "Muon"}}},
            "does not have the optimizer `Muon`: write `AdamW` or `SGD`",
        ),
    ],
)
def test_what_the_backend_lacks_is_refused_before_the_mock_starts(
    workspace: Workspace,
    mock_environment: dict[str, str],
    tmp_path: Path,
    changes: dict[str, Any],
    message: str,
) -> None:
    workspace.write_recipe(**changes)
    run = _trained(workspace, mock_environment)
    assert run.returncode == 1
    assert message in run.stderr
    assert not list((tmp_path / "notes").iterdir())
    assert not (workspace.path / "checkpoints").exists()


def test_mock_board_in_use_names_the_other_run(mock_environment: dict[str, str]) -> None:
    # Without a simulator, the backend expects a board: the mock of it is opened directly.
    script = (
        "from trainsmith_trainer.backends.ttnn.device_client import DeviceClient, holder\n"
        "import sys\n"
        "client = DeviceClient()\n"
        "try:\n"
        "    print(client.call('open_device', holder())[0], flush=True)\n"
        "except Exception as error:\n"
        "    sys.exit(f'{error}; {error.advice}')\n"
        "sys.stdin.read()\n"
    )
    environment = {**os.environ, **mock_environment}
    del environment["TT_METAL_SIMULATOR"]
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        assert first.stdin
        assert first.stdout.readline() == "Tenstorrent Blackhole, with ttnn\n"
        second = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert second.returncode == 1
        assert f"the board is used by process {first.pid} (`-c`), since 2" in second.stderr
        first.stdin.close()
        first.wait(PATIENCE)
    again = subprocess.run(
        command, env=environment, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
    )
    assert again.returncode == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"use_kahan_summation": True},
        {"optimizer": {"type": "AdamW", "stochastic_rounding": True}},
    ],
)
def test_bf16_weights_on_the_mock(
    workspace: Workspace, mock_environment: dict[str, str], changes: dict[str, Any]
) -> None:
    workspace.write_recipe(training_config={"precision": "bf16", **changes})
    workspace.write_model(dropout_prob=0.0)
    run = _trained(workspace, mock_environment, "--name", "mock")
    assert run.returncode == 0, run.stderr
    assert "warning" not in run.stdout
    reference = workspace.command("train", "training.yaml", "--backend", "numpy", "--name", "np")
    assert reference.returncode == 0, reference.stderr
    # Rounding to bfloat16 makes a small difference larger; the random draws differ anyway.
    assert _losses(workspace, "mock") == pytest.approx(_losses(workspace, "np"), rel=5e-3)


def test_moreh_is_told_and_computed_on_the_mock(
    workspace: Workspace, mock_environment: dict[str, str]
) -> None:
    workspace.write_model(dropout_prob=0.0)
    plain = _trained(workspace, mock_environment, "--name", "plain")
    assert plain.returncode == 0, plain.stderr
    workspace.write_recipe(training_config={"use_moreh_adamw": True})
    moreh = _trained(workspace, mock_environment, "--name", "moreh")
    assert moreh.returncode == 0, moreh.stderr
    told = (
        "ttnn's kernel `moreh_adamw` cuts `beta2` 0.999 to 0.9961, so the second moment begins 3.9 "
        "times too large"
    )
    assert told in moreh.stdout
    assert moreh.stdout.count("warning: ") == 1
    assert _losses(workspace, "moreh") != _losses(workspace, "plain")


def test_compilation_is_progress_until_the_first_step(
    workspace: Workspace, mock_environment: dict[str, str]
) -> None:
    run = _trained(workspace, {**mock_environment, "MOCK_TTNN": "compile"})
    assert run.returncode == 0, run.stderr
    found = [one for one in workspace.events() if isinstance(one, (events.Compiling, events.Step))]
    compiling = [one.kernels for one in found if isinstance(one, events.Compiling)]
    assert compiling
    assert compiling == sorted(set(compiling))
    assert isinstance(found[0], events.Compiling)
    assert isinstance(found[-1], events.Step)
    assert f"compiling kernels, {compiling[0]} so far\n" in run.stdout
