"""Waiting for a run in another process, and its ranks."""

from __future__ import annotations

import subprocess
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
