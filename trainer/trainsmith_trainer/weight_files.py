"""The safetensors files of a model's folder: one, or several with an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import safetensors.numpy

from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.hugging_face import UnreadableModelError

_WHOLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"


def read_weights(folder: Path) -> Arrays:
    """All tensors of a folder, by name, as they are stored.

    Raises:
        UnreadableModelError: there is no safetensors file, or a shard or a tensor is missing.
        OSError, ValueError, KeyError, SafetensorError: a file is unreadable or damaged.
    """
    if (folder / _WHOLE).exists() or not (folder / _INDEX).exists():
        _refuse_pickle(folder)
        return safetensors.numpy.load((folder / _WHOLE).read_bytes())
    places = cast("dict[str, str]", json.loads((folder / _INDEX).read_bytes())["weight_map"])
    weights: Arrays = {}
    for shard in sorted(set(places.values())):
        if Path(shard).name != shard or not (folder / shard).is_file():
            raise UnreadableModelError(f"{folder} lacks the shard {shard!r} that {_INDEX} names")
        weights = {**weights, **safetensors.numpy.load((folder / shard).read_bytes())}
    if missing := sorted(places.keys() - weights.keys()):
        raise UnreadableModelError(f"no shard in {folder} holds {missing[0]!r}")
    return weights


def _refuse_pickle(folder: Path) -> None:
    if not (folder / _WHOLE).exists() and any(folder.glob("pytorch_model*.bin")):
        raise UnreadableModelError(
            f"{folder} has its weights as .bin: such a file can run code when it is opened; "
            "save the model as safetensors"
        )
