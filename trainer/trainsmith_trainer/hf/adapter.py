"""LoRA's matrices as a folder that Hugging Face's PEFT opens, and back.

The folder has `adapter_config.json` and `adapter_model.safetensors`, and beside PEFT's files
`base.json`, which says by digests which weights the matrices belong to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors.numpy

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.families.registry import require_hugging_face, require_layout
from trainsmith_schemas.json_text import parse_json
from trainsmith_schemas.meaning.lora import BIAS, LORA_A, linear_layers, trained_shapes
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.validation.validate import validate
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.hf.model_dir import ADAPTER_FILE, ADAPTER_WEIGHTS
from trainsmith_trainer.hf.safetensors_files import StoredTensor, read_tensors, tensors_in

_PREFIX = "base_model.model."
_STORED_BIAS = ".base_layer.bias"
"""PEFT wraps a layer, and the layer's bias moves along."""

_IGNORED = {
    *("auto_mapping", "base_model_name_or_path", "exclude_modules", "inference_mode"),
    *("layers_pattern", "megatron_core", "peft_version", "qalora_group_size", "revision"),
    # The matrices are loaded, and their names say which layers they adapt.
    *("fan_in_fan_out", "runtime_config", "target_modules"),
    # A setting of training, which the recipe has.
    "lora_dropout",
}
"""Keys of PEFT that do not change what trained matrices compute."""

_SUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "task_type": (None, "CAUSAL_LM"),
    "bias": ("none", "lora_only"),
    # Others change the base too.
    "init_lora_weights": (True, False, None, "gaussian", "eva", "orthogonal"),
}
"""The supported values of keys. Any other key is supported if it is off: null, false or empty."""


@dataclass(frozen=True)
class Adapter:
    """A folder with trained matrices."""

    folder: Path
    lora: LoraConfig
    """Its `target_modules` are the full names of the adapted layers, as they are stored."""
    base: str
    """The folder or the name of the base, as written; empty if it is not known."""
    tensors: Mapping[str, StoredTensor]
    """By their names in the file."""


def read_adapter(folder: Path) -> Adapter:
    """Read an adapter's config and its file's header.

    Raises:
        UnreadableModelError: a file is missing or damaged, or the adapter is of another kind. The
            text names the key.
    """
    described = _described(folder / ADAPTER_FILE)
    for key, value in described.items():
        _refuse_unsupported(folder, key, value)
    tensors = tensors_in(folder / ADAPTER_WEIGHTS)
    names = (name.removeprefix(_PREFIX) for name in tensors)
    section = {
        "r": described.get("r", 8),
        "lora_alpha": described.get("lora_alpha", 8),
        "is_bias_trainable": described.get("bias") == "lora_only",
        "use_rslora": bool(described.get("use_rslora")),
        "target_modules": [n.removesuffix(LORA_A) for n in names if n.endswith(LORA_A)],
    }
    result = validate(LoraConfig, section)
    if result.config is None:
        problems = "; ".join(problem.message for problem in result.problems)
        raise UnreadableModelError(f"in {folder / ADAPTER_FILE}, {problems}")
    base = described.get("base_model_name_or_path")
    return Adapter(folder, result.config, base if isinstance(base, str) else "", tensors)


def adapter_weights(adapter: Adapter, model: TransformerConfig) -> Arrays:
    """The trained parameters of an adapter under our names, in float32.

    Args:
        adapter: the folder.
        model: the model that it adapts.

    Raises:
        UnreadableModelError: they do not fit the model. The text names the tensor.
    """
    body = require_layout(model).body
    places = {_our_name(name, body): tensor for name, tensor in adapter.tensors.items()}
    full = [name.removesuffix(LORA_A) for name in places if name.endswith(LORA_A)]
    expected = trained_shapes(adapter.lora.model_copy(update={"target_modules": full}), model)
    for name, tensor in places.items():
        if name not in expected:
            raise UnreadableModelError(
                f"{tensor.place} does not belong to a {model.model_type} of this shape"
            )
        if tensor.shape != expected[name]:
            raise UnreadableModelError(
                f"{tensor.place} is {list(tensor.shape)}, expected {list(expected[name])}"
            )
    for name in sorted(expected.keys() - places.keys()):
        raise UnreadableModelError(f"{adapter.folder / ADAPTER_WEIGHTS} lacks `{name}`")
    return dict(read_tensors(places))


def stored_adapter(
    lora: LoraConfig, model: TransformerConfig, weights: Arrays, base: Path
) -> dict[str, bytes]:
    """PEFT's two files, by name.

    Args:
        lora: the recipe's section.
        model: the model's shape.
        weights: the trained parameters, by our names.
        base: the folder of the base, which PEFT reads if it is not given another one.
    """
    described = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.as_posix(),
        "r": lora.r,
        "lora_alpha": int(lora.lora_alpha) if lora.lora_alpha.is_integer() else lora.lora_alpha,
        "lora_dropout": lora.lora_dropout,
        "use_rslora": lora.use_rslora,
        "bias": "lora_only" if lora.is_bias_trainable else "none",
        "target_modules": lora.target_modules or sorted(_last_parts(linear_layers(model))),
        "fan_in_fan_out": bool(require_hugging_face(model).transposed),
        "inference_mode": True,
    }
    tensors = {
        _PREFIX + name.removesuffix(BIAS) + _STORED_BIAS
        if name.endswith(BIAS)
        else _PREFIX + name: np.ascontiguousarray(array)
        for name, array in weights.items()
    }
    return {
        ADAPTER_FILE: json.dumps(described, indent=2).encode() + b"\n",
        ADAPTER_WEIGHTS: safetensors.numpy.save(tensors, metadata={"format": "pt"}),
    }


def trained_in(stored: Arrays, model: TransformerConfig) -> Arrays:
    """The weights that were passed to `stored_adapter`, from the tensors of its file."""
    body = require_layout(model).body
    return {_our_name(name, body): array for name, array in stored.items()}


def _our_name(stored: str, body: str) -> str:
    name = stored.removeprefix(_PREFIX)
    if name.endswith(_STORED_BIAS):
        name = name.removesuffix(_STORED_BIAS) + BIAS
    return name if name.startswith(body) else body + name


def _last_parts(names: Iterable[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def _described(file: Path) -> dict[str, Any]:
    try:
        described = parse_json(read_bytes(file, limits.MODEL_DESCRIPTION))
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise UnreadableModelError(f"{file} cannot be read: {error}") from None
    if not isinstance(described, dict):
        raise UnreadableModelError(f"{file} is not a JSON object")
    return cast("dict[str, Any]", described)


def _refuse_unsupported(folder: Path, key: str, value: Any) -> None:
    """Refuse a setting that would compute something else than our layers."""
    read = (*_IGNORED, "r", "lora_alpha", "use_rslora")
    if key in read or (key not in _SUPPORTED and not value):
        return
    supported = _SUPPORTED.get(key, (None,))
    # `1 in (True,)` is true.
    if not any(type(value) is type(one) and value == one for one in supported):
        values = " or ".join(json.dumps(one) for one in supported)
        raise UnreadableModelError(
            f"`{key}` is {json.dumps(value):.100} in {folder / ADAPTER_FILE}; only {values} "
            "is supported"
        )
