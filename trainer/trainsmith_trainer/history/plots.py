"""Plots of losses, drawn by a child process from the events of runs.

matplotlib takes a second and a hundred megabytes to import, so only the child process imports it.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from trainsmith_system.children import start_python
from trainsmith_system.text import one_line
from trainsmith_trainer.history.record import Measured, read_history

_SECONDS_TO_DRAW = 120.0


def start_drawing(picture: Path, runs: Sequence[Path]) -> subprocess.Popen[bytes]:
    """Start a child process that draws the losses of some runs into one picture."""
    arguments = [str(path.absolute()) for path in (picture, *runs)]
    # Ctrl-C in the terminal is for the run alone.
    return start_python(__name__, arguments, errors=subprocess.PIPE, new_session=True)


def wait_for_drawing(child: subprocess.Popen[bytes]) -> str:
    """Wait until a picture is drawn. Returns why it was not drawn, or an empty text."""
    try:
        _, complaint = child.communicate(timeout=_SECONDS_TO_DRAW)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return f"it took longer than {_SECONDS_TO_DRAW:.0f} seconds"
    if child.returncode == 0:
        return ""
    text = complaint.decode("utf-8", "replace").strip()
    return text.rpartition("\n")[2] or f"the process ended with {child.returncode}"


def draw(picture: Path, runs: Sequence[Path]) -> None:
    """Draw the losses of runs: a thin line for training, a line with marks for validation."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    from trainsmith_system.writing import write_file

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for index, run in enumerate(runs):
        history = read_history(run)
        if history is None:
            continue
        several = f"{_label(run)}, " if len(runs) > 1 else ""
        colors = (f"C{index}", f"C{index}") if several else ("C0", "C1")
        axes.plot(
            *_points(history.steps),
            linewidth=1,
            alpha=0.4 if several else 0.7,
            color=colors[0],
            label=f"{several}training",
        )
        if history.validations:
            axes.plot(
                *_points(history.validations),
                marker="osD^vP*X"[index % 8],
                markersize=4,
                color=colors[1],
                label=f"{several}validation",
            )
    title = _label(runs[0]) if len(runs) == 1 else ""
    axes.set(xlabel="step", ylabel="loss (nats per token)", title=title)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=120)
    write_file(picture, drawn.getvalue())


_LARGEST = 1e100
"""Losses beyond are left out: matplotlib's margins around them would be infinite."""


def _label(run: Path) -> str:
    """A run's name; matplotlib reads formulas between dollar signs."""
    return one_line(run.name).replace("$", r"\$")


def _points(measured: Sequence[Measured]) -> tuple[list[int], list[float]]:
    shown = [one for one in measured if abs(one.loss) < _LARGEST]
    return [one.step for one in shown], [one.loss for one in shown]


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)
    draw(Path(sys.argv[1]), [Path(run) for run in sys.argv[2:]])
