"""Waiting for a run in another process, and its ranks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from workspace import Workspace

LONG: dict[str, Any] = {"max_steps": 100_000, "checkpoint_frequency": 100_000}
"""A run that does not end by itself."""


def rank_pid(process: subprocess.Popen[str], rank: int) -> int:
    """The process id of a rank that another process has started, in the order of the ranks."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    return int(children[rank - 1])


def wait_for_step(workspace: Workspace, process: subprocess.Popen[str]) -> None:
    """Wait until a run has taken two steps."""
    log = workspace.run_folder() / "training.log"
    while not (log.exists() and "step 2 " in log.read_text(encoding="utf-8")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def torchrun(workspace: Workspace, name: str, *options: str) -> subprocess.Popen[str]:
    """Start `torchrun … trainsmith train training.yaml --name NAME`."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--master-addr=127.0.0.1", *options),
            *("-m", "trainsmith", "train", "training.yaml", "--name", name),
        ],
        cwd=workspace.path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


_IMPATIENT = (
    "from trainsmith_trainer.run import watchdog; watchdog._PATIENCE = 1.0; "
    "from trainsmith.__main__ import main; main(['train', 'training.yaml'])"
)
"""`trainsmith train` with a shorter wait for another rank."""


def start_impatient(workspace: Workspace) -> subprocess.Popen[str]:
    """Start a run that waits only a second for another rank after a signal."""
    return subprocess.Popen(
        [sys.executable, "-c", _IMPATIENT],
        cwd=workspace.path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_blocked(workspace: Workspace) -> None:
    """Wait until no step is taken any more: the main thread waits for the other rank."""
    before, after = -1, 0
    while before != after:
        before, after = after, len(workspace.events())
        time.sleep(0.5)
