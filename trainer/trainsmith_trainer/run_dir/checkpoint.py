"""Checkpoints: everything a run needs to resume, complete on disk or absent.

A checkpoint is a folder: the model as `export.py` writes it, the optimizer state, the states of the
random generators, `state.json` with everything else, and the digests of all these files in
`SHA256SUMS`, which `sha256sum --check` reads too. The file formats detect a truncated file, but not
a flipped bit.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, cast

import numpy.typing as npt
import safetensors.numpy
from pydantic import Field, TypeAdapter, ValidationError
from safetensors import SafetensorError

from trainsmith_schemas.paths import is_file_name
from trainsmith_system import limits
from trainsmith_system.reading import open_regular, read_bytes
from trainsmith_system.text import shortened
from trainsmith_system.writing import Content, pieces_of, remove_folder, write_folder
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.batches import Position
from trainsmith_trainer.hf.model_dir import ADAPTER_WEIGHTS
from trainsmith_trainer.hf.number_formats import TensorFile

_STATE = "state.json"
MODEL = "model.safetensors"
_MODELS = (MODEL, ADAPTER_WEIGHTS)
"""The file with the weights: all of them, or LoRA's alone."""
OPTIMIZER = "optimizer.safetensors"
_RANDOM = "random.safetensors"
_DIGESTS = "SHA256SUMS"
_FORMAT = 2
_PIECE = 1 << 20
_LONGEST_ERROR = 1000
"""In characters: names in a checkpoint may have any length."""
_PART = re.compile(r"-\d{5}-of-(\d{5})\.safetensors")
_NAME = re.compile(r"step-(\d{6,16})")


Count = Annotated[int, Field(ge=0, le=2**52)]


class DamagedCheckpointError(Exception):
    """A checkpoint differs from what was written."""

    def __init__(self, message: str) -> None:
        super().__init__(shortened(message, _LONGEST_ERROR))


@dataclass(frozen=True)
class Best:
    """The checkpoint with the lowest validation loss."""

    step: Count
    validation_loss: float


@dataclass(frozen=True)
class State:
    """The progress of a run, without its tensors."""

    step: Count
    """Optimizer steps taken."""
    position: Position
    loss: float
    """The training loss of the last step."""
    validation_loss: float | None
    """The last measured validation loss."""
    best_validation_loss: float | None
    best: Best | None
    """The best checkpoint so far; it may be this one."""
    setting: Mapping[str, bool | int | float | str]
    """What must be the same for an exact resume: versions, threads."""
    reference_loss: float | None = None
    """The validation loss that the next ones are compared with, to end the run early."""
    stale_validations: Count = 0
    """Validations since then."""


_VALID_STATE = TypeAdapter(State)


def save_checkpoint(
    folder: Path, state: State, files: Mapping[str, Content], optimizer: Arrays, random: Arrays
) -> tuple[Path, int]:
    """Write a checkpoint.

    Args:
        folder: the folder of the run's checkpoints.
        state: the progress of the run.
        files: the model's, as `run.saved_files` returns them, and the run's settings.
        optimizer: the optimizer state, by name.
        random: the states of random generators, by name.

    Returns:
        The checkpoint's path and its size in bytes.

    Raises:
        OSError: for example, the disk is full; existing checkpoints are unchanged.
    """
    contents: dict[str, Content] = {
        **files,
        OPTIMIZER: TensorFile(optimizer),
        **state_files(state, random),
    }
    found = digests_of(contents)
    digests = digests_file(found)
    path = folder / checkpoint_name(state.step)
    write_folder(path, {**contents, **digests})
    return path, total_size(found)


def state_files(state: State, random: Arrays) -> dict[str, Content]:
    """The files without the model and the optimizer state, by name."""
    return {
        _RANDOM: safetensors.numpy.save(dict(random)),
        _STATE: json.dumps({"format": _FORMAT, **asdict(state)}, indent=2).encode() + b"\n",
    }


Digests: TypeAlias = "Mapping[str, tuple[str, int]]"
"""For each file, the digest and the size in bytes."""


def digests_of(contents: Mapping[str, Content]) -> Digests:
    """The digests of some files."""
    with ThreadPoolExecutor(2) as threads:  # Two files at once: `hashlib` releases the GIL.
        found = list(threads.map(_digest_and_size, contents.values()))
    return dict(zip(contents, found, strict=True))


def digests_file(found: Digests) -> dict[str, Content]:
    """The file with the digests of all others, which makes a folder a checkpoint."""
    lines = (f"{digest}  {name}\n" for name, (digest, _) in found.items())
    return {_DIGESTS: "".join(lines).encode()}


def total_size(found: Digests) -> int:
    """The size of a checkpoint in bytes, from the digests of its files."""
    (digests,) = digests_file(found).values()
    return len(bytes(cast("bytes", digests))) + sum(size for _, size in found.values())


def part_name(name: str, rank: int, size: int) -> str:
    """The name of the part of a file that a rank writes, as `transformers` names its shards."""
    stem, _, extension = name.partition(".")
    return f"{stem}-{rank + 1:05d}-of-{size:05d}.{extension}"


def _digest_and_size(content: Content) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces_of(content):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def checkpoint_name(step: int) -> str:
    """The name of a checkpoint's folder."""
    return f"step-{step:06d}"


def verify_checkpoint(path: Path) -> State:
    """Compare every file of a checkpoint with its digest.

    Raises:
        DamagedCheckpointError: with the file that is missing or was changed.
    """
    return read_checkpoint(path).state


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose files all have the right digests."""

    path: Path
    state: State
    texts: Mapping[str, bytes]
    """The contents of its smaller files; tensors stay on disk until they are needed."""
    stamps: Mapping[str, tuple[int, int]]
    """Size and modification time of each tensor file when its digest was verified."""


@dataclass(frozen=True)
class Tensors:
    """The tensors of a checkpoint."""

    model: Arrays
    """As in the file with the weights."""
    optimizer: Arrays
    random: Arrays


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint without its tensors, and compare every file with its digest.

    Raises:
        DamagedCheckpointError: with the file that is missing or was changed.
    """
    digests = _recorded_digests(path)
    stamps = {name: _stamp(path / name) for name in digests if _is_tensors(name)}
    texts: dict[str, bytes] = {}
    left = limits.CHECKPOINT_TEXTS
    for name in filter(_is_text, digests):
        texts[name] = _text(path / name, left)
        left -= len(texts[name])
    with ThreadPoolExecutor(2) as threads:
        of_tensors = list(threads.map(_digest_of_file, (path / name for name in stamps)))
    found = dict(zip(stamps, of_tensors, strict=True))
    found |= {name: _digest(content) for name, content in texts.items()}
    for name, digest in digests.items():
        if found[name] != digest:
            raise DamagedCheckpointError(f"{path / name} is not what was written")
    return Checkpoint(path, _state(path, texts[_STATE]), texts, stamps)


def read_tensors(checkpoint: Checkpoint) -> Tensors:
    """Read the tensors of a checkpoint, whose digests `read_checkpoint` has verified.

    Raises:
        DamagedCheckpointError: with the file that is missing or has changed since.
    """
    path = checkpoint.path
    model = next((name for name in _MODELS if name in checkpoint.stamps), MODEL)
    if _RANDOM not in checkpoint.stamps:
        raise DamagedCheckpointError(f"{path / _DIGESTS} does not list {_RANDOM}")
    for name, stamp in checkpoint.stamps.items():
        if _stamp(path / name) != stamp:
            raise DamagedCheckpointError(f"{path / name} has changed since it was verified")
    return Tensors(
        _together(checkpoint, model),
        _together(checkpoint, OPTIMIZER),
        _arrays(path / _RANDOM, "uint8"),
    )


def _together(checkpoint: Checkpoint, name: str) -> Arrays:
    """The tensors of a file, or of its parts if several ranks wrote it."""
    path, there = checkpoint.path, checkpoint.stamps
    if name in there:
        return _arrays(path / name, "float32")
    stem = name.partition(".")[0]
    mine = (each.removeprefix(stem) for each in there if each.startswith(stem))
    found = {int(match[1]) for each in mine if (match := _PART.fullmatch(each))}
    size = max(found, default=1)
    parts = [part_name(name, rank, size) for rank in range(size)]
    for part in parts:
        if part not in there:
            missing = name if size == 1 else part
            raise DamagedCheckpointError(f"{path / _DIGESTS} does not list {missing}")
    together: dict[str, npt.NDArray[Any]] = {}
    for part in parts:
        together |= _arrays(path / part, "float32")
    return together


def _arrays(path: Path, numbers: Literal["float32", "uint8"]) -> Arrays:
    try:
        arrays = safetensors.numpy.load(_read(path))
    # NumPy lacks some formats and limits dimensions. Right digests do not rule these out.
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedCheckpointError(f"{path} cannot be read: {error}") from None
    for name, array in arrays.items():
        if array.dtype != numbers:
            raise DamagedCheckpointError(f"{path}: `{name}` is {array.dtype}, expected {numbers}")
    return arrays


def _is_tensors(name: str) -> bool:
    return name.endswith(".safetensors")


def _is_text(name: str) -> bool:
    return not _is_tensors(name)


def _recorded_digests(path: Path) -> dict[str, str]:
    """The recorded digest of each file."""
    lines = _text(path / _DIGESTS, limits.RUN_TEXT).decode("utf-8", "replace").splitlines()
    digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if _STATE not in digests or not all(map(is_file_name, digests)):
        raise DamagedCheckpointError(f"{path / _DIGESTS} is not what was written")
    return digests


def _state(path: Path, content: bytes) -> State:
    """The state in `state.json`. Right digests do not prove it: anybody can compute them."""
    try:
        found = json.loads(content)["format"]
        if found != _FORMAT:
            raise DamagedCheckpointError(f"{path} has format {found!r:.20}, not {_FORMAT}")
        state = _VALID_STATE.validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DamagedCheckpointError(f"{path / _STATE}: `{where}`: {first['msg']}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise DamagedCheckpointError(f"{path / _STATE} is not a checkpoint's state") from None
    if step_of(path) not in (None, state.step):
        raise DamagedCheckpointError(f"{path / _STATE} is the state of step {state.step}")
    return state


def step_of(path: Path) -> int | None:
    """The step of a checkpoint, by its name; `None` for any other folder."""
    match = _NAME.fullmatch(path.name)
    return int(match.group(1)) if match else None


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints of a run, oldest first."""
    found = [path for path in folder.glob("step-*") if (path / _DIGESTS).is_file()]
    return sorted(
        (path for path in found if step_of(path) is not None), key=lambda path: step_of(path) or 0
    )


def newest_intact(folder: Path) -> tuple[Checkpoint | None, list[DamagedCheckpointError]]:
    """The newest intact checkpoint of a run, and the errors of newer ones."""
    damaged: list[DamagedCheckpointError] = []
    for path in reversed(checkpoints_in(folder)):
        try:
            return read_checkpoint(path), damaged
        except DamagedCheckpointError as error:  # noqa: PERF203
            damaged.append(error)
    return None, damaged


def set_aside(path: Path) -> Path:
    """Rename a damaged checkpoint, so that it no longer counts as one.

    Returns:
        Its new path.
    """
    aside = path.with_name(f"{path.name}.damaged")
    remove_folder(aside)
    return path.replace(aside)


def rotate(
    folder: Path, *, keep_last: int, best: Best | None, verified: Path | None = None
) -> list[DamagedCheckpointError]:
    """Remove all but the newest checkpoints and the best one.

    Nothing is removed before a newer checkpoint was read back and verified, so the last verified
    one is always kept.

    Args:
        folder: the folder of the run's checkpoints.
        keep_last: how many of the newest are kept.
        best: the best one, which is kept too.
        verified: a checkpoint that this process has just verified.

    Returns:
        The errors of the newest checkpoints, if any.
    """
    found = checkpoints_in(folder)
    best_name = checkpoint_name(best.step) if best else None
    obsolete = [path for path in found[:-keep_last] if path.name != best_name]
    if not obsolete:
        return []
    damaged: list[DamagedCheckpointError] = []
    for path in reversed(found):
        if path in obsolete:
            obsolete = obsolete[: obsolete.index(path)]  # This may be the last intact one.
        try:
            if path != verified:
                verify_checkpoint(path)
            break
        except DamagedCheckpointError as error:
            damaged.append(error)
    for path in obsolete:
        remove_folder(path)
    return damaged


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_of_file(path: Path) -> str:
    """The digest of a large file, read piece by piece."""
    digest = hashlib.sha256()
    try:
        with open_regular(path, follow_links=False) as file:
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
        with open_regular(path, follow_links=False) as file:
            return file.read()
    except OSError as error:
        raise _unreadable(path, error) from None


def _text(path: Path, left: int) -> bytes:
    limit = limits.TOKENIZER if path.name == "tokenizer.json" else limits.RUN_TEXT
    try:
        return read_bytes(path, min(limit, left), follow_links=False)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> DamagedCheckpointError:
    return DamagedCheckpointError(f"{path} cannot be read: {error.strerror}")
