"""Checkpoints are complete or absent, and a changed bit is detected."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from workspace import KILLS

from patience import PATIENCE
from trainsmith_trainer.data.batches import Position
from trainsmith_trainer.hf.number_formats import TensorFile
from trainsmith_trainer.run_dir.checkpoint import (
    Best,
    DamagedCheckpointError,
    State,
    checkpoints_in,
    newest_intact,
    read_checkpoint,
    read_tensors,
    rotate,
    save_checkpoint,
    set_aside,
    verify_checkpoint,
)

TENSORS = {"moment": np.arange(64, dtype=np.float32)}
RANDOM = {"cpu": np.arange(64, dtype=np.uint8)}
MODEL = safetensors.numpy.save(TENSORS)


def _state(step: int) -> State:
    return State(step, Position(1, 32), 1.25, 1.75, 1.5, Best(step, 1.5), {"threads": 2})


def _save(folder: Path, step: int) -> Path:
    path, _ = save_checkpoint(folder, _state(step), {"config.json": b"{}"}, TENSORS, TENSORS)
    return path


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    assert verify_checkpoint(_save(tmp_path, 7)) == _state(7)


def test_no_second_copy_of_the_tensors_is_in_memory(tmp_path: Path) -> None:
    large = {f"layer{n}": np.ones(1 << 18, np.float32) for n in range(16)}
    tracemalloc.start()
    path, size = save_checkpoint(
        tmp_path, _state(1), {"model.safetensors": TensorFile(large)}, large, RANDOM
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == sum(file.stat().st_size for file in path.iterdir()) > 32 << 20
    assert peak < 4 << 20
    tensors = read_tensors(read_checkpoint(path))
    assert all(np.array_equal(tensors.model[name], large[name]) for name in large)


def test_any_flipped_bit_is_detected(tmp_path: Path) -> None:
    path = _save(tmp_path, 1)
    for file in path.iterdir():
        original = file.read_bytes()
        for index in random.Random(0).sample(range(len(original)), k=min(20, len(original))):
            damaged = bytearray(original)
            damaged[index] ^= 1
            file.write_bytes(damaged)
            with pytest.raises(DamagedCheckpointError):
                verify_checkpoint(path)
        file.write_bytes(original)
    verify_checkpoint(path)


def test_missing_or_truncated_file_is_named(tmp_path: Path) -> None:
    path = _save(tmp_path, 1)
    file = path / "optimizer.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DamagedCheckpointError, match=r"optimizer\.safetensors is not what"):
        verify_checkpoint(path)
    file.unlink()
    with pytest.raises(DamagedCheckpointError, match=r"optimizer\.safetensors cannot be read"):
        verify_checkpoint(path)


def test_digests_match_sha256sum(tmp_path: Path) -> None:
    path = _save(tmp_path, 1)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=path,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def _steps(folder: Path) -> list[int]:
    return [verify_checkpoint(path).step for path in checkpoints_in(folder)]


def test_rotation_keeps_newest_by_step(tmp_path: Path) -> None:
    for step in (999_999, 5, 1_000_000, 20):
        _save(tmp_path, step)
    (tmp_path / "step-000001.damaged").mkdir()
    assert rotate(tmp_path, keep_last=2, best=None) == []
    assert _steps(tmp_path) == [999_999, 1_000_000]


def test_rotation_keeps_best(tmp_path: Path) -> None:
    for step in range(1, 6):
        _save(tmp_path, step)
    rotate(tmp_path, keep_last=1, best=Best(2, 0.5))
    assert _steps(tmp_path) == [2, 5]
    rotate(tmp_path, keep_last=1, best=Best(5, 0.25))
    assert _steps(tmp_path) == [5]


@pytest.mark.parametrize("damaged", [{5}, {4, 5}, {3, 4, 5}, {1, 2, 4, 5}])
def test_rotation_never_removes_last_intact(tmp_path: Path, damaged: set[int]) -> None:
    for step in range(1, 6):
        path = _save(tmp_path, step)
        if step in damaged:
            (path / "optimizer.safetensors").write_bytes(b"")
    errors = rotate(tmp_path, keep_last=2, best=None)
    assert [
        str(tmp_path / f"step-{step:06d}") in str(error)
        for error, step in zip(errors, (5, 4, 3), strict=False)
    ] == [True] * len(errors)
    newest, _ = newest_intact(tmp_path)
    assert newest is not None
    assert newest.state.step == max({1, 2, 3, 4, 5} - damaged)


def test_damaged_checkpoint_is_skipped_and_named(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        path = _save(tmp_path, step)
    (path / "random.safetensors").write_bytes(b"x")
    newest, damaged = newest_intact(tmp_path)
    assert newest is not None
    assert newest.state.step == 2
    assert [str(error) for error in damaged] == [
        f"{path / 'random.safetensors'} is not what was written"
    ]
    assert set_aside(path).name == "step-000003.damaged"
    assert newest_intact(tmp_path)[1] == []


WRITER = """
import sys
from pathlib import Path
import numpy as np
from trainsmith_trainer.run_dir.checkpoint import State, rotate, save_checkpoint
from trainsmith_trainer.data.batches import Position
folder = Path(sys.argv[1])
tensors = {"moment": np.zeros(1_000_000, np.float32)}
print("ready", flush=True)
for step in range(1, 1_000_000):
    state = State(step, Position(), 0.0, None, None, None, {})
    save_checkpoint(folder, state, {}, tensors, tensors)
    rotate(folder, keep_last=2, best=None)
"""


def test_kill_at_any_moment_leaves_intact_checkpoints(tmp_path: Path) -> None:
    chance = random.Random(0)
    for attempt in range(KILLS):
        folder = tmp_path / str(attempt)
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            patience = time.monotonic() + PATIENCE
            while not checkpoints_in(folder):
                assert process.poll() is None, "the writer failed"
                if time.monotonic() > patience:
                    process.kill()
                    pytest.fail("no checkpoint appears")
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
        for path in folder.glob("step-*"):
            verify_checkpoint(path)


def test_change_after_verification_is_noticed(tmp_path: Path) -> None:
    path, _ = save_checkpoint(tmp_path, _state(7), {"model.safetensors": MODEL}, TENSORS, RANDOM)
    checkpoint = read_checkpoint(path)
    assert read_tensors(checkpoint).model.keys() == TENSORS.keys()
    (path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(DamagedCheckpointError, match="changed since it was verified"):
        read_tensors(checkpoint)
