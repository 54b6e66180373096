"""The numbers of the backend `ttnn` on a simulated board. docs/ttnn.md has a table of the results.

With no kernel compiled yet, this takes an hour; `TRAINSMITH_TTNN_KERNELS` names a folder that keeps
them.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.simulator, pytest.mark.slow, pytest.mark.timeout(3600)]

_HERE = Path(__file__).parent
_TOTAL_ERROR = 6e-3
"""Of a gradient in fp32, whose products of matrices have an error of 1.2e-3."""
_LOSS_DIFFERENCE = 1e-3


def _lines(
    python: Path, environment: dict[str, str], folder: Path, script: str, *arguments: str
) -> list[dict[str, Any]]:
    """The lines of JSON that a script prints; the simulator prints others."""
    done = subprocess.run(
        [python, _HERE / script, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_operations_equal_numpy(
    ttnn_python: Path, simulated: dict[str, str], tmp_path: Path
) -> None:
    *cases, uniform = _lines(ttnn_python, simulated, tmp_path, "compare_ops.py")
    assert len(cases) > 40
    assert [case for case in cases if case["error"] > case["limit"]] == []
    assert uniform["repeats"]
    assert uniform["differs"]
    assert uniform["inside"]
    assert uniform["mean"] == pytest.approx(0.5, abs=0.01)
    assert uniform["below 0.1"] == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize("family", ["gpt2", "gpt2-gelu", "llama", "qwen3"])
def test_gradients_equal_float64(
    ttnn_python: Path, simulated: dict[str, str], tmp_path: Path, family: str
) -> None:
    arguments = ("compare_training.py", "gradients", family)
    (found,) = _lines(ttnn_python, simulated, tmp_path, *arguments)
    assert found["total"] < _TOTAL_ERROR
    assert found["loss difference"] < _LOSS_DIFFERENCE


@pytest.mark.parametrize("family", ["gpt2-dropout", "llama"])
def test_four_steps_and_four_in_a_new_process_equal_eight(
    ttnn_python: Path, simulated: dict[str, str], tmp_path: Path, family: str
) -> None:
    def steps(count: int, saved: str, *start: str) -> list[dict[str, Any]]:
        arguments = ("steps", family, str(count), saved, *start)
        return _lines(ttnn_python, simulated, tmp_path, "compare_training.py", *arguments)

    whole = steps(8, "eight.npz")
    if family != "gpt2-dropout":  # NumPy drops other numbers.
        assert all(step["difference"] < _LOSS_DIFFERENCE for step in whole)
    parts = steps(4, "four.npz") + steps(4, "more.npz", "four.npz")
    assert [step["loss"] for step in parts] == [step["loss"] for step in whole]
    eight, more = np.load(tmp_path / "eight.npz"), np.load(tmp_path / "more.npz")
    assert set(eight) == set(more)
    assert [name for name in eight if eight[name].tobytes() != more[name].tobytes()] == []
