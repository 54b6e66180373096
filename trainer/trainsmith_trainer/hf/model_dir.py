"""A model's folder before its weights are read: the contents of `config.json`, without NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainsmith_schemas.families.description import CONFIG_FILE, UnreadableModelError
from trainsmith_schemas.families.hugging_face import (
    from_hugging_face,
    parse_description,
    special_tokens_of,
)
from trainsmith_schemas.sections.model import TransformerConfig

FOLDER_KEY = "transformer_config.model_path"
"""The key that names such a folder."""

_COMPANIONS = ("tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")


@dataclass(frozen=True)
class Pretrained:
    """A model that `transformers`, or a run, has saved."""

    folder: Path
    shape: TransformerConfig
    special_tokens: Mapping[str, Any]
    """The ids of the begin, end and padding tokens; an exported model keeps them."""
    companions: Mapping[str, bytes]
    """The files that configure `tokenizer.json`; an exported model keeps them."""


def describe(folder: Path) -> Pretrained:
    """Read a folder's `config.json`.

    Raises:
        UnreadableModelError: it is missing or damaged, or the model is of another kind.
    """
    try:
        described = parse_description((folder / CONFIG_FILE).read_bytes())
        beside = {name: folder / name for name in _COMPANIONS}
        return Pretrained(
            folder,
            from_hugging_face(described),
            special_tokens_of(described),
            {name: file.read_bytes() for name, file in beside.items() if file.is_file()},
        )
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
