"""Checkpoints: everything a run needs to go on, whole on disk or not there at all.

A checkpoint is a folder: the model as `export.py` writes it, the optimizer's memory, the states of
the random generators, `state.json` with everything else, and the digests of all of them in
`SHA256SUMS`, which `sha256sum --check` reads too. File formats notice that a file was cut off, but
not that a bit of it flipped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.numpy

from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.batches import Position
from trainsmith_trainer.files import remove_folder, write_folder

_STATE = "state.json"
_DIGESTS = "SHA256SUMS"
_FORMAT = 1


class DamagedCheckpointError(Exception):
    """A checkpoint is not what was written."""


@dataclass(frozen=True)
class State:
    """Where a run stands, apart from what tensors say."""

    step: int
    """Optimizer steps taken."""
    position: Position
    best_validation_loss: float | None
    setting: Mapping[str, Any]
    """What must be the same for the run to go on exactly: versions, threads, the seed."""


def save_checkpoint(
    folder: Path, state: State, model: Mapping[str, bytes], optimizer: Arrays, random: Arrays
) -> tuple[Path, int]:
    """Write a checkpoint.

    Args:
        folder: that holds a run's checkpoints.
        state: where the run stands.
        model: the model's files, as `export.model_files` gives them.
        optimizer: the optimizer's memory, by name.
        random: the states of random generators, by name.

    Returns:
        The checkpoint's path and its size in bytes.
    """
    contents = {
        **model,
        "optimizer.safetensors": safetensors.numpy.save(dict(optimizer)),
        "random.safetensors": safetensors.numpy.save(dict(random)),
        _STATE: json.dumps({"format": _FORMAT, **asdict(state)}, indent=2).encode() + b"\n",
    }
    contents[_DIGESTS] = "".join(
        f"{_digest(content)}  {name}\n" for name, content in contents.items()
    ).encode()
    path = folder / f"step-{state.step:06d}"
    write_folder(path, contents)
    return path, sum(len(content) for content in contents.values())


def verify_checkpoint(path: Path) -> State:
    """Compare every file of a checkpoint with its digest.

    Raises:
        DamagedCheckpointError: naming the file that is missing or was changed.
    """
    lines = _read(path / _DIGESTS).decode("utf-8", "replace").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if _STATE not in digests:
        raise DamagedCheckpointError(f"{path / _DIGESTS} is not what was written")
    for name, digest in digests.items():
        if _digest(_read(path / name)) != digest:
            raise DamagedCheckpointError(f"{path / name} is not what was written")
    described = json.loads(_read(path / _STATE))
    if described["format"] != _FORMAT:
        raise DamagedCheckpointError(f"{path} has format {described['format']}, not {_FORMAT}")
    return State(
        step=described["step"],
        position=Position(**described["position"]),
        best_validation_loss=described["best_validation_loss"],
        setting=described["setting"],
    )


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints of a run, the oldest first."""
    found = (path for path in folder.glob("step-*") if (path / _DIGESTS).is_file())
    return sorted(found, key=lambda path: (len(path.name), path.name))


def keep_last(folder: Path, count: int) -> None:
    """Remove all but the newest `count` checkpoints."""
    for path in checkpoints_in(folder)[:-count]:
        remove_folder(path)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedCheckpointError(f"{path} cannot be read: {error.strerror}") from None
