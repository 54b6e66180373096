"""What these tests need: a mock of ttnn, the real package, or a simulated board."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "trainer"))

from workspace import Workspace, make_workspace

ROOT = Path(__file__).parents[2]
_PYTHON = "TRAINSMITH_TTNN_PYTHON"
_SIMULATOR = "TRAINSMITH_TTNN_SIMULATOR"
_PACKAGES = ("cli", "schemas", "server", "system", "trainer")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return make_workspace(folder)


@pytest.fixture
def mock_environment(tmp_path: Path) -> dict[str, str]:
    """Variables with which the backend finds a mock of ttnn and a mock of a simulator."""
    simulator = tmp_path / "mock_simulator.so"
    simulator.touch()
    notes = tmp_path / "notes"
    notes.mkdir()
    return {
        "MOCK_TTNN_NOTES": str(notes),
        "PYTHONPATH": str(Path(__file__).parent / "mock"),
        "TRAINSMITH_CACHE_DIR": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path),
        "TT_METAL_SIMULATOR": str(simulator),
    }


@pytest.fixture(scope="session")
def ttnn_python() -> Path:
    """A Python with the real package."""
    default = ROOT / ".venv-ttnn" / "bin" / "python"
    python = Path(os.environ.get(_PYTHON) or default)
    if not python.exists():
        pytest.skip(f"no Python with ttnn: `npm run setup:ttnn`, or set {_PYTHON}")
    return python


@pytest.fixture
def ttnn_environment(tmp_path: Path) -> dict[str, str]:
    """Variables for that Python."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / package) for package in _PACKAGES),
        "TRAINSMITH_CACHE_DIR": str(tmp_path / "cache"),
        "TT_METAL_LOGS_PATH": str(tmp_path),
        "LOGURU_LEVEL": "WARNING",
        "TT_LOGGER_LEVEL": "fatal",
        "TT_METAL_DISABLE_BACKTRACE": "1",
    }


@pytest.fixture
def simulated(ttnn_python: Path, ttnn_environment: dict[str, str]) -> dict[str, str]:
    """Variables with which that Python computes on a simulated board."""
    simulator = os.environ.get(_SIMULATOR)
    if not simulator:
        pytest.skip(f"no simulator: set {_SIMULATOR} to the library of ttsim; see docs/ttnn.md")
    kernels = os.environ.get("TRAINSMITH_TTNN_KERNELS")
    return {
        **ttnn_environment,
        **({"TT_METAL_CACHE": kernels} if kernels else {}),
        "TT_METAL_SIMULATOR": simulator,
        "TT_METAL_SLOW_DISPATCH_MODE": "1",
        "TT_METAL_DISABLE_SFPLOADMACRO": "1",
    }
