"""A checkpoint that all ranks write together: each has a part of the parameters (FSDP).

Each rank writes whole tensors, about as many bytes as the others, into files that are named as
those of `transformers`. So any number of ranks reads them, and `transformers` does, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from trainsmith_system.writing import Content, folder_in_parts, write_part
from trainsmith_trainer.backends.base import Arrays, Backend
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.hf.export import stored_tensors
from trainsmith_trainer.hf.number_formats import TensorFile
from trainsmith_trainer.run.prepare import RunInputs
from trainsmith_trainer.run_dir.checkpoint import (
    MODEL,
    OPTIMIZER,
    State,
    checkpoint_name,
    digests_file,
    digests_of,
    part_name,
    state_files,
    total_size,
)

_INDEX = "model.safetensors.index.json"


@dataclass(frozen=True)
class _Part:
    """What a rank has written."""

    digests: Mapping[str, tuple[str, int]]
    """For each file, the digest and the size in bytes."""
    tensors: Mapping[str, int]
    """The model's tensors, with their sizes in bytes."""
    error: str = ""
    """Why it could not write."""


_VALID_PART = TypeAdapter(_Part)


def save_with_other_ranks(
    folder: Path,
    state: State,
    files: Mapping[str, Content],
    backend: Backend,
    inputs: RunInputs,
    weights: Arrays,
) -> tuple[Path, int]:
    """Write a checkpoint as rank 0, while the others call `save_own_part`.

    Args:
        folder: the folder of the run's checkpoints.
        state: the progress of the run.
        files: the files besides the model's weights, by name.
        backend: the state to save.
        inputs: the inputs of the run.
        weights: what `backend.weights` has returned.

    Returns:
        The checkpoint's path and its size in bytes.

    Raises:
        RunError: a rank cannot write its part; existing checkpoints are unchanged.
        OSError: rank 0 cannot write; existing checkpoints are unchanged.
    """
    path = folder.absolute() / checkpoint_name(state.step)
    optimizer = backend.optimizer_state()
    with folder_in_parts(path) as temporary:
        place = backend.exchange(str(temporary))[0]
        parts = _write_and_exchange(backend, inputs, 0, place, weights, optimizer)
        random = backend.random_state()
        for part in parts:
            if part.error:
                raise RunError(f"a checkpoint cannot be written: {part.error}")
        others = {**files, **_index(parts), **state_files(state, random)}
        found = {
            **digests_of(others),
            **{name: one for part in parts for name, one in part.digests.items()},
        }
        write_part(temporary, {**others, **digests_file(found)})
    return folder / path.name, total_size(found)


def save_own_part(backend: Backend, inputs: RunInputs, rank: int) -> None:
    """Write the part of a rank above 0 into the checkpoint that rank 0 writes."""
    weights, optimizer = backend.weights(), backend.optimizer_state()
    place = backend.exchange("")[0]
    _write_and_exchange(backend, inputs, rank, place, weights, optimizer)
    backend.random_state()


def _write_and_exchange(
    backend: Backend, inputs: RunInputs, rank: int, place: str, weights: Arrays, optimizer: Arrays
) -> list[_Part]:
    """Write a rank's part, and return what all ranks have written."""
    part = _write(inputs, rank, Path(place), weights, optimizer) if place else _Part({}, {})
    texts = backend.exchange(json.dumps(asdict(part)))
    return [_VALID_PART.validate_json(text, strict=True) for text in texts]


def _write(inputs: RunInputs, rank: int, folder: Path, weights: Arrays, optimizer: Arrays) -> _Part:
    if inputs.lora:  # Rank 0 writes it with the other files.
        tensors: dict[str, Any] = {}
        contents: dict[str, Content] = {OPTIMIZER: TensorFile(optimizer)} if rank == 0 else {}
    else:
        for name, array in weights.items():
            if not np.isfinite(array).all():
                return _Part({}, {}, f"the weights in {name} are no longer numbers")
        size = inputs.devices
        tensors = stored_tensors(inputs.model, weights, fill_in=rank == 0)
        contents = {
            part_name(MODEL, rank, size): TensorFile(tensors),
            part_name(OPTIMIZER, rank, size): TensorFile(optimizer),
        }
    digests = digests_of(contents)
    try:
        write_part(folder, contents)
    except OSError as error:
        return _Part({}, {}, f"{error.filename or folder}: {error.strerror or error}")
    return _Part(digests, {name: array.nbytes for name, array in tensors.items()})


def _index(parts: list[_Part]) -> dict[str, Content]:
    """The file that says in which part each of the model's tensors is; none with LoRA."""
    names = {
        tensor: part_name(MODEL, rank, len(parts))
        for rank, part in enumerate(parts)
        for tensor in part.tensors
    }
    if not names:
        return {}
    total = sum(size for part in parts for size in part.tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(names.items()))}
    return {_INDEX: json.dumps(index, indent=2).encode() + b"\n"}
