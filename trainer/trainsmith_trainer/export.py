"""A model as a folder that Hugging Face's `transformers` opens, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from trainsmith_schemas.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.hugging_face import (
    UnreadableModelError,
    from_hugging_face,
    to_hugging_face,
)
from trainsmith_trainer.tokenizers import Tokenizer, load_tokenizer
from trainsmith_trainer.weight_files import read_weights

# Hugging Face's GPT-2 stores these the other way round: (in, out).
_TURNED = (".c_attn.weight", ".c_proj.weight", ".c_fc.weight")


def model_files(
    config: TransformerConfig, weights: Arrays, tokenizer: Tokenizer
) -> dict[str, bytes]:
    """The files of the folder, by name.

    Args:
        config: the model's shape, with its vocabulary's size.
        weights: parameters by name; linear weights are (out, in).
        tokenizer: the model's own.
    """
    tensors = _gpt2_tensors(config, weights) if config.model_type == "gpt2" else dict(weights)
    if config.weight_tying == "enabled":
        tensors.pop("lm_head.weight", None)
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    return {
        "config.json": _json(to_hugging_face(config, weights)),
        "generation_config.json": _json({"max_length": config.max_sequence_length}),
        "model.safetensors": safetensors.numpy.save(contiguous, metadata={"format": "pt"}),
        **tokenizer.files(),
    }


def read_model(folder: Path) -> tuple[TransformerConfig, Arrays, Tokenizer]:
    """Read a folder that `model_files` wrote.

    Raises:
        UnreadableModelError: a file is missing or broken, or the model is of another kind.
    """
    try:
        described = json.loads((folder / "config.json").read_bytes())
        config = from_hugging_face(described)
        weights = read_weights(folder)
        tokenizer = load_tokenizer((folder / "tokenizer.json").read_bytes())
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
    except (ValueError, KeyError, SafetensorError) as error:
        raise UnreadableModelError(f"{folder} is damaged: {error}") from None
    if config.model_type == "gpt2":
        weights = {name: array.T if _is_turned(name) else array for name, array in weights.items()}
    return config, weights, tokenizer


def weights_in(content: bytes, config: TransformerConfig) -> Arrays:
    """The weights that `model_files` was given, from the content of its `model.safetensors`.

    Args:
        content: the file's.
        config: the model's shape, as it was then: it tells which biases were only filled in.
    """
    weights = safetensors.numpy.load(content)
    if config.model_type == "gpt2":
        weights = {
            name: array.T if _is_turned(name) else array
            for name, array in weights.items()
            if config.bias or not name.endswith(".bias")
        }
    return weights


def _gpt2_tensors(config: TransformerConfig, weights: Arrays) -> dict[str, Any]:
    """Turned where Hugging Face has them turned, with zeros for the biases that it insists on."""
    tensors = {name: array.T if _is_turned(name) else array for name, array in weights.items()}
    if not config.bias:
        for name in list(tensors):
            layer, _, kind = name.rpartition(".")
            if kind == "weight" and (_is_turned(name) or ".ln_" in name):
                tensors[f"{layer}.bias"] = np.zeros(tensors[name].shape[-1], np.float32)
    return tensors


def _is_turned(name: str) -> bool:
    return name.endswith(_TURNED)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
