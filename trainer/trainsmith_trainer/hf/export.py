"""A model as a folder that Hugging Face's `transformers` opens, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from trainsmith_schemas.families.description import CONFIG_FILE
from trainsmith_schemas.families.family import OUTPUT
from trainsmith_schemas.families.hugging_face import DType, to_hugging_face
from trainsmith_schemas.families.registry import require_hugging_face
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_system.writing import Content
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.hf.load import read_tokenizer, read_weights
from trainsmith_trainer.hf.model_dir import describe
from trainsmith_trainer.hf.number_formats import TensorFile, fitting_dtype
from trainsmith_trainer.hf.special_tokens import (
    GENERATION_FILE,
    generation_file,
    special_token_ids,
)

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def model_files(
    config: TransformerConfig,
    weights: Arrays,
    tokenizer: Tokenizer,
    kept_ids: Mapping[str, Any] = _NOTHING,
    companions: Mapping[str, bytes] = _NOTHING,
    dtype: DType = "float32",
) -> dict[str, Content]:
    """The files of the folder, by name.

    Args:
        config: the model's shape, with its vocabulary's size.
        weights: parameters by name; linear weights are (out, in).
        tokenizer: the model's tokenizer.
        kept_ids: the special tokens of the pretrained model, if it keeps its tokenizer.
        companions: the files that came with that tokenizer.
        dtype: the number format to store weights in. If one is too large for float16, it is
            float32.
    """
    tensors = stored_tensors(config, weights)
    ids = special_token_ids(tokenizer, kept_ids)
    stored_as = fitting_dtype(tensors, dtype)
    return {
        CONFIG_FILE: _json(to_hugging_face(config, ids, stored_as)),
        "model.safetensors": TensorFile(tensors, stored_as),
        **tokenizer_files(config, tokenizer, kept_ids, companions),
    }


def tokenizer_files(
    config: TransformerConfig,
    tokenizer: Tokenizer,
    kept_ids: Mapping[str, Any] = _NOTHING,
    companions: Mapping[str, bytes] = _NOTHING,
) -> dict[str, bytes]:
    """The files of the folder that do not depend on the weights; see `model_files`."""
    ids = special_token_ids(tokenizer, kept_ids)
    generation = generation_file(
        tokenizer, companions.get(GENERATION_FILE), ids, config.max_sequence_length
    )
    return {**tokenizer.files(), **companions, GENERATION_FILE: _json(generation)}


def read_model(folder: Path) -> tuple[TransformerConfig, Arrays, Tokenizer]:
    """Read a folder that `model_files` or `transformers` wrote.

    Raises:
        UnreadableModelError: a file is missing or broken, or the model is of another kind.
    """
    pretrained = describe(folder)
    weights = read_weights(pretrained, pretrained.shape)
    return pretrained.shape, weights, read_tokenizer(folder)


def weights_in(stored: Arrays, config: TransformerConfig) -> Arrays:
    """The weights that were passed to `model_files`, from the tensors of its `model.safetensors`.

    Args:
        stored: the tensors.
        config: the model's shape at that time, which determines the biases that were filled in.
    """
    family = require_hugging_face(config)
    filled_in = family.zeros(config)
    return {
        name: array.T if name.endswith(family.transposed) else array
        for name, array in stored.items()
        if name not in filled_in
    }


def stored_tensors(
    config: TransformerConfig, weights: Arrays, *, fill_in: bool = True
) -> dict[str, Any]:
    """The tensors as Hugging Face stores them, some of them transposed.

    Args:
        config: the model's shape.
        weights: all parameters, or some of them.
        fill_in: add the zeros that it requires.
    """
    family = require_hugging_face(config)
    shapes = family.zeros(config) if fill_in else {}
    zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    stored = {
        **{
            name: array.T if name.endswith(family.transposed) else array
            for name, array in weights.items()
        },
        **zeros,
    }
    if config.weight_tying == "enabled":
        stored.pop(OUTPUT, None)
    return stored


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
