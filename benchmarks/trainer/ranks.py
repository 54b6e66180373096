"""Eight processes that train one model: their start-up time, and the cost of communication."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ours_ranks import write_mesh_recipe
from shapes import Shape

HERE = Path(__file__).resolve().parent
MESH = [2, 4]
SIZE = math.prod(MESH)
_ROWS = 32
"""Sequences in a batch of all ranks."""


def starts(shape: Shape, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from the command to the first step: ours, and the baseline's under torchrun."""
    ours: list[float] = []
    others: list[float] = []
    for _ in range(rounds):
        ours.append(_seconds_to_first_step(shape, _ours))
        others.append(_seconds_to_first_step(shape, _torchrun))
    return ours, others


def paces(shape: Shape, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds per step: with ranks that sum their gradients, and with ranks that do not."""
    together: list[float] = []
    apart: list[float] = []
    for _ in range(rounds):
        together.append(_pace(shape, "together"))
        apart.append(_pace(shape, "apart"))
    return together, apart


def _seconds_to_first_step(
    shape: Shape, start: Callable[[Shape, Path], tuple[list[str], Callable[[], bool]]]
) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command, has_stepped = start(shape, Path(folder))
        began = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while not has_stepped():
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended before its first step")
                time.sleep(0.005)
            taken = time.perf_counter() - began
            process.terminate()
    return taken


def _ours(shape: Shape, folder: Path) -> tuple[list[str], Callable[[], bool]]:
    recipe = write_mesh_recipe(folder, replace(shape, batch=_ROWS), MESH, steps=100_000)
    events = folder / "runs" / "training-001" / "events.jsonl"
    command = [sys.executable, "-m", "trainsmith", "train", str(recipe)]
    return command, lambda: events.exists() and '"event":"step"' in events.read_text("utf-8")


def _torchrun(shape: Shape, folder: Path) -> tuple[list[str], Callable[[], bool]]:
    told = folder / "told"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    own = replace(shape, batch=_ROWS // SIZE).to_argument()
    script = [str(HERE / "nanogpt_ranks.py"), own, str(told)]
    return [*launch, f"--nproc-per-node={SIZE}", *script], told.exists


def _pace(shape: Shape, how: str) -> float:
    arguments = [replace(shape, batch=_ROWS).to_argument(), json.dumps(MESH), "60", how]
    command = [sys.executable, str(HERE / "ours_ranks.py"), *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(output.rpartition("pace ")[2])
