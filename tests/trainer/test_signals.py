"""However a run ends, its checkpoints remain and it resumes from them. In real processes."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import resource
import signal
import subprocess
import termios
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from workspace import KILLS, Workspace, make_workspace

from patience import PATIENCE
from skips import NO_SMALL_DISK
from trainsmith_schemas.runs import events
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in, verify_checkpoint


def _wait_for(
    process: subprocess.Popen[str], log: Path, text: str, *, times: int = 1, after: int = 0
) -> None:
    """Wait until a text appears `times` times in the log after an offset."""
    patience = time.monotonic() + PATIENCE
    while not (log.exists() and log.read_text(encoding="utf-8")[after:].count(text) >= times):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < patience, f"{text!r} never appears"
        time.sleep(0.02)


def _steps(workspace: Workspace, name: str) -> list[int]:
    folder = workspace.run_folder(name) / "checkpoints"
    return [verify_checkpoint(path).step for path in checkpoints_in(folder)]


def _final(workspace: Workspace, name: str) -> bytes:
    return (workspace.run_folder(name) / "final" / "model.safetensors").read_bytes()


def _losses(workspace: Workspace, name: str) -> dict[int, float]:
    said = workspace.events(name)
    return {event.step: event.loss for event in said if isinstance(event, events.Step)}


@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [
        (signal.SIGINT, 130, "Ctrl-C"),
        (signal.SIGTERM, 143, "SIGTERM"),
        (signal.SIGHUP, 129, "SIGHUP, its terminal was closed"),
    ],
)
def test_signal_saves_checkpoint_and_prints_resume_command(
    workspace: Workspace, number: signal.Signals, code: int, reason: str
) -> None:
    workspace.write_recipe(training_config={"checkpoint_frequency": 100_000})
    options = ("--max-steps", "100000", "--set", "training_config.weight_decay=0.1")
    with workspace.start("train", "training.yaml", *options) as process:
        _wait_for(process, workspace.run_folder() / "training.log", "step 3 ")
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert "Stopping: a checkpoint is saved first." in errors
    command = f"trainsmith train training.yaml {' '.join((*options[2:], *options[:2]))}"
    saved, stopped = workspace.events()[-2:]
    assert isinstance(saved, events.CheckpointSaved)
    assert isinstance(stopped, events.RunStopped)
    assert (stopped.reason, stopped.resume) == (reason, f"{command} --resume --name training-001")
    assert f"stopped after step {stopped.step}: {reason}; resume with: {stopped.resume}" in output
    assert _steps(workspace, "training-001") == [stopped.step]


def test_closed_terminal_saves_checkpoint(workspace: Workspace) -> None:
    """When an editor's terminal is closed, the run gets SIGHUP and can no longer print."""
    workspace.write_recipe(training_config={"max_steps": 100_000, "checkpoint_frequency": 100_000})
    leader, follower = pty.openpty()
    process = workspace.start(
        *("train", "training.yaml"),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        preexec_fn=lambda: _control_terminal(follower),
    )
    os.close(follower)
    with process:
        _wait_for(process, workspace.run_folder() / "training.log", "step 3 ")
        os.close(leader)
        process.wait(timeout=PATIENCE)
    assert process.returncode == 129
    stopped = workspace.events()[-1]
    assert isinstance(stopped, events.RunStopped)
    assert _steps(workspace, "training-001") == [stopped.step]
    written = workspace.command("generate", "training-001", "--prompt", "T")
    assert written.returncode == 0, written.stderr


def _control_terminal(terminal: int) -> None:
    """Start a new session, and make a terminal its controlling terminal."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def test_second_ctrl_c_quits_immediately(workspace: Workspace) -> None:
    """In the middle of a step of many thousand micro-batches."""
    workspace.write_recipe(
        training_config={"batch_size": 1, "gradient_accumulation_steps": 100_000}
    )
    with workspace.start("train", "training.yaml") as process:
        _wait_for(process, workspace.run_folder() / "training.log", "run training-001")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "Ctrl-C again quits at once" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == -signal.SIGINT
    assert _steps(workspace, "training-001") == []


def test_sighup_ignored_by_nohup_stays_ignored(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"max_steps": 200})
    process = workspace.start(
        *("train", "training.yaml"), preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    with process:
        _wait_for(process, workspace.run_folder() / "training.log", "step 3 ")
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors


def test_closed_stdout_does_not_stop_run(workspace: Workspace) -> None:
    with workspace.start("train", "training.yaml") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")


def test_killed_runs_resume_bit_identical(workspace: Workspace) -> None:
    """Each run is killed in or before its first steps, when it spends most time on saving."""
    steps = 4 * KILLS + 4
    workspace.write_recipe(training_config={"max_steps": steps, "checkpoint_frequency": 1})
    assert workspace.command("train", "training.yaml", "--name", "whole").returncode == 0
    chance = random.Random(0)
    log = workspace.run_folder("cut") / "training.log"
    for attempt in range(KILLS):
        resume = ["--resume"] if attempt else []
        before = len(log.read_text(encoding="utf-8")) if attempt else 0
        with workspace.start("train", "training.yaml", "--name", "cut", *resume) as process:
            _wait_for(process, log, "  loss ", times=chance.randrange(3), after=before)
            time.sleep(chance.uniform(0, 0.03))
            process.kill()
        if process.returncode == 0:
            break  # On a busy machine, the run may finish before it is killed.
        _steps(workspace, "cut")  # Verifies every checkpoint.
    else:
        result = workspace.command("train", "training.yaml", "--name", "cut", "--resume")
        assert result.returncode == 0, result.stderr
    assert _losses(workspace, "cut") == _losses(workspace, "whole")
    assert _final(workspace, "cut") == _final(workspace, "whole")
    folder = workspace.run_folder("cut") / "checkpoints"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_file_size_limit_stops_run_cleanly(workspace: Workspace) -> None:
    """The system's limit on file sizes: the second start cannot write a checkpoint."""
    assert workspace.command("train", "training.yaml", "--name", "whole").returncode == 0
    workspace.command("train", "training.yaml", "--name", "cut", "--max-steps", "2")
    before = _steps(workspace, "cut")
    process = workspace.start(
        *("train", "training.yaml", "--name", "cut", "--resume"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    with process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "model.safetensors: File too large" in errors
    assert "Traceback" not in errors
    failed = workspace.events("cut")[-1]
    assert isinstance(failed, events.RunFailed)
    assert "the last checkpoint is checkpoints/step-000002" in str(failed.advice)
    assert _steps(workspace, "cut") == before == [2]
    assert workspace.command("train", "training.yaml", "--name", "cut", "--resume").returncode == 0
    assert _final(workspace, "cut") == _final(workspace, "whole")


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Workspace, None, None]:
    """A workspace whose checkpoints go to a disk of 1.4 megabytes."""
    workspace = make_workspace(tmp_path)
    disk = workspace.path / "checkpoints"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1400k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip(NO_SMALL_DISK)
    yield workspace
    subprocess.run(["umount", str(disk)], check=True)


def test_full_disk_stops_run_cleanly(small_disk: Workspace) -> None:
    small_disk.write_recipe(
        training_config={"max_steps": 40, "checkpoint_frequency": 1, "keep_last_n": 100}
    )
    result = small_disk.command("train", "training.yaml")
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    kept = _steps(small_disk, "training-001")
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) >= 2, "everything earlier is intact"
    folder = small_disk.run_folder("training-001") / "checkpoints"
    assert len(list(folder.iterdir())) == len(kept), "no partial checkpoint remains"
    # Every line is whole, and with fewer checkpoints to keep there is space again.
    small_disk.events("training-001")
    few = ("--set", "training_config.keep_last_n=1")
    goes_on = small_disk.command("train", "training.yaml", "--resume", *few)
    assert goes_on.returncode == 0, goes_on.stderr
    assert _losses(small_disk, "training-001").keys() == set(range(1, 41))
