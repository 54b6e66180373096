"""The real package, without a board: import, host tensors, detection, checks of arguments."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.ttnn

_SECONDS = 120
_NO_BOARD = pytest.mark.skipif(
    Path("/dev/tenstorrent").exists(), reason="there is a Tenstorrent board"
)


def _answer(python: Path, environment: dict[str, str], folder: Path, script: str) -> Any:
    """What a script in that Python prints as its last line."""
    done = subprocess.run(
        [python, "-c", f"import json\n{script}"],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_importing_ttnn_loads_no_torch(
    ttnn_python: Path, ttnn_environment: dict[str, str], tmp_path: Path
) -> None:
    script = "import sys, ttnn\nprint(json.dumps('torch' in sys.modules))"
    assert _answer(ttnn_python, ttnn_environment, tmp_path, script) is False


def test_host_tensors_keep_every_bit(
    ttnn_python: Path, ttnn_environment: dict[str, str], tmp_path: Path
) -> None:
    script = """
import numpy as np, ttnn
host = np.array([[0.1, -0.0, np.inf, np.nan, 1e-40]] * 20, np.float32)
same = {}
for layout in (ttnn.TILE_LAYOUT, ttnn.ROW_MAJOR_LAYOUT):
    found = ttnn.Tensor(host, data_type=ttnn.float32, layout=layout).to_numpy()
    same[str(layout)] = found.shape == host.shape and found.tobytes() == host.tobytes()
ids = np.arange(6, dtype=np.uint32).reshape(2, 3)
again = ttnn.Tensor(ids, data_type=ttnn.uint32, layout=ttnn.ROW_MAJOR_LAYOUT).to_numpy()
same["integers"] = bool((again == ids).all())
print(json.dumps(same))
"""
    same = _answer(ttnn_python, ttnn_environment, tmp_path, script)
    assert len(same) == 3
    assert all(same.values()), same


@_NO_BOARD
def test_counting_devices_without_a_board_says_what_ttnn_says(
    ttnn_python: Path, ttnn_environment: dict[str, str], tmp_path: Path
) -> None:
    script = """
from trainsmith_trainer.backends.ttnn.detection import unanswered
print(json.dumps(unanswered()))
"""
    answer = _answer(ttnn_python, ttnn_environment, tmp_path, script)
    assert answer.startswith("ttnn finds no board: ")
    assert "No chips detected" in answer
    assert list(tmp_path.iterdir()) == []


@_NO_BOARD
def test_train_without_a_board_names_what_is_missing(
    ttnn_python: Path, ttnn_environment: dict[str, str], tmp_path: Path
) -> None:
    script = """
from trainsmith_trainer.backends.registry import BackendError, choose_backend
try:
    choose_backend("ttnn")
except BackendError as error:
    print(json.dumps(str(error)))
"""
    answer = _answer(ttnn_python, ttnn_environment, tmp_path, script)
    assert "there is no Tenstorrent board" in answer
    assert "is not installed" not in answer


@_NO_BOARD
def test_device_process_without_a_board_ends_with_one_error(
    ttnn_python: Path, ttnn_environment: dict[str, str], tmp_path: Path
) -> None:
    script = """
from trainsmith_trainer.backends.ttnn.device_client import DeviceClient
from trainsmith_trainer.errors import RunError
client = DeviceClient()
try:
    client.call("open_device", "a test")
except RunError as error:
    print(json.dumps([error.message, error.advice]))
"""
    environment = {**ttnn_environment}
    del environment["HOME"]  # Without one, importing ttnn would end the process.
    message, advice = _answer(ttnn_python, environment, tmp_path, script)
    assert message.startswith("ttnn cannot open the device: ")
    assert "tt-smi -r" in advice


_MOCK_CLUSTER = """\
arch: {0: blackhole}
chips: {}
chip_unique_ids: {0: 1}
ethernet_connections: []
ethernet_connections_to_remote_devices: []
chips_with_mmio: [0: 0]
io_device_type: PCIe
harvesting:
  0:
    noc_translation: true
    harvest_mask: 192
    dram_harvesting_mask: 0
    eth_harvesting_mask: 288
    pcie_harvesting_mask: 2
    l2cpu_harvesting_mask: 0
chip_to_bus_id: {0: "0x01"}
boards:
  - [board_id: 0x40100000000, board_type: p150, chips: [0]]
"""


def test_shapes_are_checked_on_a_mock_cluster(
    ttnn_python: Path, ttnn_environment: dict[str, str], tmp_path: Path
) -> None:
    looked = "from trainsmith_trainer.backends.ttnn.detection import look\n"
    looked += "print(json.dumps(look().compiler))"
    if not _answer(ttnn_python, ttnn_environment, tmp_path, looked):
        pytest.skip("no compiler SFPI beside ttnn: docs/ttnn.md says how to get it")
    description = tmp_path / "cluster.yaml"
    description.write_text(_MOCK_CLUSTER, encoding="utf-8")
    script = """
import numpy as np, ttnn
from trainsmith_trainer.backends.ttnn.guarded import GuardedOps
from trainsmith_trainer.backends.ttnn.ops import TtnnOps
ops = GuardedOps(TtnnOps(ttnn.open_device(device_id=0), native=True), lambda: None)
x, y = ops.from_numpy(np.ones((20, 45))), ops.from_numpy(np.ones((20, 65)))
shape = list(ops.matmul(x, y, transpose_a=True).shape)
try:
    ops.matmul(x, y)
except RuntimeError as error:
    print(json.dumps([shape, str(error)]))
"""
    environment = {**ttnn_environment, "TT_METAL_MOCK_CLUSTER_DESC_PATH": str(description)}
    shape, message = _answer(ttnn_python, environment, tmp_path, script)
    assert shape == [45, 65]
    assert message.startswith("ttnn's `matmul` of [20, 45], [20, 65]: ")
