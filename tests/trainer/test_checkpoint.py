"""Checkpoints are whole or not there, and a changed bit is noticed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from trainsmith_trainer.checkpoint import (
    DamagedCheckpointError,
    State,
    checkpoints_in,
    keep_last,
    save_checkpoint,
    verify_checkpoint,
)
from trainsmith_trainer.data.batches import Position

TENSORS = {"moment": np.arange(64, dtype=np.float32)}


def _state(step: int) -> State:
    return State(step, Position(1, 32), 1.5, {"seed": 42})


def _save(folder: Path, step: int) -> Path:
    path, _ = save_checkpoint(folder, _state(step), {"config.json": b"{}"}, TENSORS, TENSORS)
    return path


def test_what_was_saved_is_read(tmp_path: Path) -> None:
    assert verify_checkpoint(_save(tmp_path, 7)) == _state(7)


def test_a_flipped_bit_anywhere_is_noticed(tmp_path: Path) -> None:
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


def test_a_missing_or_truncated_file_is_named(tmp_path: Path) -> None:
    path = _save(tmp_path, 1)
    file = path / "optimizer.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DamagedCheckpointError, match=r"optimizer\.safetensors is not what"):
        verify_checkpoint(path)
    file.unlink()
    with pytest.raises(DamagedCheckpointError, match=r"optimizer\.safetensors cannot be read"):
        verify_checkpoint(path)


def test_the_digests_are_those_of_sha256sum(tmp_path: Path) -> None:
    path = _save(tmp_path, 1)
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=path,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_the_newest_are_kept_in_the_order_of_their_steps(tmp_path: Path) -> None:
    for step in (999_999, 5, 1_000_000, 20):
        _save(tmp_path, step)
    keep_last(tmp_path, 2)
    assert [path.name for path in checkpoints_in(tmp_path)] == ["step-999999", "step-1000000"]


WRITER = """
import sys
from pathlib import Path
import numpy as np
from trainsmith_trainer.checkpoint import State, keep_last, save_checkpoint
from trainsmith_trainer.data.batches import Position
folder = Path(sys.argv[1])
tensors = {"moment": np.zeros(1_000_000, np.float32)}
print("ready", flush=True)
for step in range(1, 1_000_000):
    save_checkpoint(folder, State(step, Position(), None, {}), {}, tensors, tensors)
    keep_last(folder, 2)
"""


def test_a_kill_at_any_moment_leaves_whole_checkpoints(tmp_path: Path) -> None:
    chance = random.Random(0)
    for attempt in range(6):
        folder = tmp_path / str(attempt)
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            patience = time.monotonic() + 30
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
