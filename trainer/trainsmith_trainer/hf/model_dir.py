"""A model's folder before its weights are read: the contents of `config.json`, without NumPy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainsmith_schemas.families.description import CONFIG_FILE, UnreadableModelError
from trainsmith_schemas.families.hugging_face import (
    DType,
    dtype_of,
    from_hugging_face,
    parse_description,
    special_tokens_of,
)
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_system import limits
from trainsmith_system.folders import resolved
from trainsmith_system.reading import read_bytes

ADAPTER_FILE = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
"""The files of Hugging Face's PEFT in a folder with LoRA's matrices."""

FOLDER_KEY = "transformer_config.model_path"
"""The key that names such a folder."""

_COMPANIONS = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "generation_config.json",
)


@dataclass(frozen=True)
class Pretrained:
    """A model that `transformers`, or a run, has saved."""

    folder: Path
    shape: TransformerConfig
    dtype: DType
    """The number format of its weights; an exported model keeps it."""
    special_tokens: Mapping[str, Any]
    """The ids of the begin, end and padding tokens; an exported model keeps them."""
    companions: Mapping[str, bytes]
    """The files that configure `tokenizer.json` and generation; an exported model keeps them."""


def describe(folder: Path) -> Pretrained:
    """Read a folder's `config.json`.

    Raises:
        UnreadableModelError: it is missing or damaged, or the model is of another kind.
    """
    if is_adapter(folder) and not (folder / CONFIG_FILE).exists():
        raise UnreadableModelError(
            f"{folder} contains LoRA's matrices alone; name the folder of the model that they "
            "adapt here and this one in `lora_config.adapter_path`, or merge both with "
            "`trainsmith merge`"
        )
    try:
        described = parse_description(read_bytes(folder / CONFIG_FILE, limits.MODEL_DESCRIPTION))
        return Pretrained(
            folder,
            from_hugging_face(described),
            dtype_of(described),
            special_tokens_of(described),
            companions_in(folder),
        )
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None


def is_adapter(folder: Path) -> bool:
    """Whether a folder contains LoRA's matrices, without the weights that they adapt."""
    return (folder / ADAPTER_FILE).is_file()


def companions_in(folder: Path) -> dict[str, bytes]:
    """The files that configure a folder's `tokenizer.json` and generation, by name.

    Raises:
        OSError: one cannot be read.
    """
    beside = {name: folder / name for name in _COMPANIONS}
    return {name: read_companion(file) for name, file in beside.items() if os.path.lexists(file)}


def read_companion(file: Path) -> bytes:
    """Read a text that goes into checkpoints and exported models, which people publish.

    A link is refused, because it could bring any file of this machine along. Links to a file beside
    it are allowed, and those of the Hugging Face cache, whose snapshots link to their own `blobs`.

    Raises:
        OSError: it cannot be read.
    """
    return read_bytes(file, limits.MODEL_DESCRIPTION, follow_links=_is_beside(file))


def _is_beside(file: Path) -> bool:
    folder, target = resolved(file.parent), resolved(file)
    in_cache = folder.parent.name == "snapshots" and target.parent == folder.parents[1] / "blobs"
    return in_cache or target.parent == folder
