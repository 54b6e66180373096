"""Checkpoints: everything a run needs to go on, whole on disk or not there at all.

A checkpoint is a folder: the model as `export.py` writes it, the optimizer's memory, the states of
the random generators, `state.json` with everything else, and the digests of all of them in
`SHA256SUMS`, which `sha256sum --check` reads too. File formats notice that a file was cut off, but
not that a bit of it flipped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.numpy

from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.batches import Position
from trainsmith_trainer.storage.atomic import remove_folder, write_folder

_STATE = "state.json"
_MODEL = "model.safetensors"
_OPTIMIZER = "optimizer.safetensors"
_RANDOM = "random.safetensors"
_DIGESTS = "SHA256SUMS"
_FORMAT = 2
_PIECE = 1 << 20
_NAME = re.compile(r"step-(\d{6,})")


class DamagedCheckpointError(Exception):
    """A checkpoint is not what was written."""


@dataclass(frozen=True)
class Best:
    """The checkpoint with the lowest validation loss."""

    step: int
    validation_loss: float


@dataclass(frozen=True)
class State:
    """How far a run has come, apart from its tensors."""

    step: int
    """Optimizer steps taken."""
    position: Position
    loss: float
    """The training loss of the last step."""
    validation_loss: float | None
    """The last one that was measured."""
    best_validation_loss: float | None
    best: Best | None
    """The best checkpoint so far; it may be this one."""
    setting: Mapping[str, Any]
    """What must be the same for the run to go on exactly: versions, threads."""


def save_checkpoint(
    folder: Path, state: State, files: Mapping[str, bytes], optimizer: Arrays, random: Arrays
) -> tuple[Path, int]:
    """Write a checkpoint.

    Args:
        folder: that holds a run's checkpoints.
        state: how far the run has come.
        files: the model's, as `export.model_files` gives them, and the run's settings.
        optimizer: the optimizer's memory, by name.
        random: the states of random generators, by name.

    Returns:
        The checkpoint's path and its size in bytes.

    Raises:
        OSError: the disk is full, or the like; what was there before is untouched.
    """
    contents = {
        **files,
        _OPTIMIZER: safetensors.numpy.save(dict(optimizer)),
        _RANDOM: safetensors.numpy.save(dict(random)),
        _STATE: json.dumps({"format": _FORMAT, **asdict(state)}, indent=2).encode() + b"\n",
    }
    with ThreadPoolExecutor(2) as threads:  # Weights and optimizer at once: `hashlib` lets them.
        digests = list(threads.map(_digest, contents.values()))
    contents[_DIGESTS] = "".join(
        f"{digest}  {name}\n" for name, digest in zip(contents, digests, strict=True)
    ).encode()
    path = folder / checkpoint_name(state.step)
    write_folder(path, contents)
    return path, sum(len(content) for content in contents.values())


def checkpoint_name(step: int) -> str:
    """The name of the folder of a checkpoint."""
    return f"step-{step:06d}"


def verify_checkpoint(path: Path) -> State:
    """Compare every file of a checkpoint with its digest.

    Raises:
        DamagedCheckpointError: naming the file that is missing or was changed.
    """
    return read_checkpoint(path).state


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of which every file is the one that was written."""

    path: Path
    state: State
    texts: Mapping[str, bytes]
    """The contents of its smaller files; tensors stay on the disk until they are wanted."""
    stamps: Mapping[str, tuple[int, int]]
    """Size and time of change of each file that holds tensors, when its digest was right."""


@dataclass(frozen=True)
class Tensors:
    """What a checkpoint holds in tensors."""

    model: bytes
    """The content of `model.safetensors`."""
    optimizer: Arrays
    random: Arrays


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint without its tensors, and compare every file with its digest.

    Raises:
        DamagedCheckpointError: naming the file that is missing or was changed.
    """
    digests = _noted_digests(path)
    stamps = {name: _stamp(path / name) for name in digests if _is_tensors(name)}
    texts = {name: _read(path / name) for name in digests if not _is_tensors(name)}
    with ThreadPoolExecutor(2) as threads:
        of_tensors = list(threads.map(_digest_of_file, (path / name for name in stamps)))
    found = dict(zip(stamps, of_tensors, strict=True))
    found |= {name: _digest(content) for name, content in texts.items()}
    for name, digest in digests.items():
        if found[name] != digest:
            raise DamagedCheckpointError(f"{path / name} is not what was written")
    return Checkpoint(path, _state(path, texts), texts, stamps)


def read_tensors(checkpoint: Checkpoint) -> Tensors:
    """Read the tensors of a checkpoint. Their digests were compared by `read_checkpoint`.

    Raises:
        DamagedCheckpointError: naming the file that is missing or has changed since.
    """
    path = checkpoint.path
    for name, stamp in checkpoint.stamps.items():
        if _stamp(path / name) != stamp:
            raise DamagedCheckpointError(f"{path / name} has changed since it was verified")
    return Tensors(
        _read(path / _MODEL),
        safetensors.numpy.load(_read(path / _OPTIMIZER)),
        safetensors.numpy.load(_read(path / _RANDOM)),
    )


def _is_tensors(name: str) -> bool:
    return name.endswith(".safetensors")


def _noted_digests(path: Path) -> dict[str, str]:
    """The digest of each file, as it was written."""
    lines = _read(path / _DIGESTS).decode("utf-8", "replace").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if _STATE not in digests:
        raise DamagedCheckpointError(f"{path / _DIGESTS} is not what was written")
    return digests


def _state(path: Path, contents: Mapping[str, bytes]) -> State:
    values: dict[str, Any] = json.loads(contents[_STATE])
    found = values.pop("format")
    if found != _FORMAT:
        raise DamagedCheckpointError(f"{path} has format {found}, not {_FORMAT}")
    values["position"] = Position(**values["position"])
    values["best"] = Best(**values["best"]) if values["best"] else None
    return State(**values)


def step_of(path: Path) -> int | None:
    """The step of a checkpoint, by its name; nothing for a folder of another kind."""
    match = _NAME.fullmatch(path.name)
    return int(match.group(1)) if match else None


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints of a run, the oldest first."""
    found = [path for path in folder.glob("step-*") if (path / _DIGESTS).is_file()]
    return sorted(
        (path for path in found if step_of(path) is not None), key=lambda path: step_of(path) or 0
    )


def newest_whole(folder: Path) -> tuple[Checkpoint | None, list[DamagedCheckpointError]]:
    """The newest checkpoint of a run that is whole, and what is wrong with newer ones."""
    damaged: list[DamagedCheckpointError] = []
    for path in reversed(checkpoints_in(folder)):
        try:
            return read_checkpoint(path), damaged
        except DamagedCheckpointError as error:  # noqa: PERF203
            damaged.append(error)
    return None, damaged


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint so that it is not taken for one.

    Returns:
        Its path now.
    """
    aside = path.with_name(f"{path.name}.damaged")
    remove_folder(aside)
    return path.replace(aside)


def rotate(
    folder: Path, *, keep_last: int, best: Best | None, verified: Path | None = None
) -> list[DamagedCheckpointError]:
    """Remove all but the newest checkpoints and the best one.

    Nothing is removed before a newer checkpoint was read back and found to be what was written: the
    last verified one always stays.

    Args:
        folder: that holds a run's checkpoints.
        keep_last: how many of the newest stay.
        best: the best one, which stays too.
        verified: a checkpoint that this process has just verified.

    Returns:
        What is wrong with the newest ones, if anything.
    """
    found = checkpoints_in(folder)
    best_name = checkpoint_name(best.step) if best else None
    doomed = [path for path in found[:-keep_last] if path.name != best_name]
    if not doomed:
        return []
    damaged: list[DamagedCheckpointError] = []
    for path in reversed(found):
        if path in doomed:
            doomed = doomed[: doomed.index(path)]  # This one may be the last that is whole.
        try:
            if path != verified:
                verify_checkpoint(path)
            break
        except DamagedCheckpointError as error:
            damaged.append(error)
    for path in doomed:
        remove_folder(path)
    return damaged


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of_file(path: Path) -> str:
    """The digest of a large file, of which only a piece at a time is in memory."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise _unreadable(path, error) from None
    return digest.hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    return status.st_size, status.st_mtime_ns


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> DamagedCheckpointError:
    return DamagedCheckpointError(f"{path} cannot be read: {error.strerror}")
