"""`training_curves.png`, drawn by a child process from the run's events.

matplotlib takes a second and a hundred megabytes to import, so a run never does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from trainsmith_schemas import events

_SECONDS_BETWEEN_DRAWINGS = 30.0
_SECONDS_TO_DRAW = 120.0
_ENDINGS = (events.RunFinished, events.RunStopped, events.RunFailed)


class Curves:
    """Has the picture drawn now and then at validations, and at the end of a run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._last = time.monotonic()

    def __call__(self, event: events.Event) -> None:
        """Draw, if it is time."""
        if isinstance(event, _ENDINGS):
            self._wait()
            self._draw()
            self._wait()
        elif isinstance(event, events.Validation) and self._is_time():
            self._wait()
            self._draw()

    def _is_time(self) -> bool:
        busy = self._child is not None and self._child.poll() is None
        return not busy and time.monotonic() - self._last > _SECONDS_BETWEEN_DRAWINGS

    def _draw(self) -> None:
        self._last = time.monotonic()
        self._child = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C in the terminal is the run's affair.
            start_new_session=True,
        )

    def _wait(self) -> None:
        if self._child is None:
            return
        try:
            _, complaint = self._child.communicate(timeout=_SECONDS_TO_DRAW)
        except subprocess.TimeoutExpired:
            self._child.kill()
            _, complaint = self._child.communicate()
        if self._child.returncode != 0:
            last = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
            print(f"warning: training_curves.png was not drawn: {last}", file=sys.stderr)
        self._child = None


def draw(folder: Path) -> None:
    """Draw the losses of a run's `events.jsonl` into its `training_curves.png`."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    from trainsmith_trainer.files import write_file

    happened = _read(folder / "events.jsonl")
    steps = [event for event in happened if event["event"] == "step"]
    validations = [event for event in happened if event["event"] == "validation"]
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(*_points(steps), linewidth=1, alpha=0.7, label="training")
    if validations:
        axes.plot(*_points(validations), marker="o", markersize=4, label="validation")
    axes.set(xlabel="step", ylabel="loss (nats per token)", title=folder.name)
    axes.grid(alpha=0.3)
    axes.legend()
    temporary = folder / f".curves.{os.getpid()}.png"
    try:
        figure.savefig(temporary, dpi=120)
        write_file(folder / "training_curves.png", temporary.read_bytes())
    finally:
        temporary.unlink(missing_ok=True)


def _points(happened: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
    return [event["step"] for event in happened], [event["loss"] for event in happened]


def _read(path: Path) -> list[dict[str, Any]]:
    """The whole lines of the file; the run may be writing the last one."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)
    draw(Path(sys.argv[1]))
