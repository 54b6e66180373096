"""The shape of a model: our `transformer_config` ↔ Hugging Face's `config.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, cast

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import RopeScaling, TransformerConfig
from trainsmith_schemas.trainers.foreign_keys import THEIR_KEYS
from trainsmith_schemas.validation.validate import validate

CONFIG_FILE = "config.json"

_ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh"}
_SPECIAL_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")
_NO_TOKENS: Mapping[str, Any] = MappingProxyType({})


class UnreadableModelError(Exception):
    """A folder holds no model that is read here."""


def to_hugging_face(
    config: TransformerConfig, special_tokens: Mapping[str, Any] = _NO_TOKENS
) -> dict[str, Any]:
    """The `config.json` of a model.

    Args:
        config: the model's shape, with its vocabulary's size.
        special_tokens: what `special_tokens_of` found, if the model began as another one.
    """
    own = _to_gpt2(config) if config.model_type == "gpt2" else _to_llama(config)
    return {
        **own,
        "model_type": config.model_type,
        "vocab_size": config.vocab_size,
        "tie_word_embeddings": config.weight_tying == "enabled",
        "dtype": "float32",
        "bos_token_id": None,
        "eos_token_id": None,
        **special_tokens,
    }


def parse_description(content: bytes) -> dict[str, Any]:
    """A `config.json` as plain data.

    Raises:
        UnreadableModelError: it is not a JSON object.
    """
    try:
        described = json.loads(content)
    except ValueError as error:
        raise UnreadableModelError(f"{CONFIG_FILE} is not JSON: {error}") from None
    if not isinstance(described, dict):
        raise UnreadableModelError(f"{CONFIG_FILE} holds no JSON object")
    return cast("dict[str, Any]", described)


def from_hugging_face(described: Mapping[str, Any]) -> TransformerConfig:
    """The shape that a `config.json` describes.

    Raises:
        UnreadableModelError: it is of another family, or a kind of layer that ours lack. The text
            names the key.
    """
    readers = {"gpt2": _from_gpt2, "llama": _from_llama}
    family = described.get("model_type")
    if family not in readers:
        raise UnreadableModelError(
            f"`model_type` is {family!r} in {CONFIG_FILE}; only gpt2 and llama are read"
        )
    _require(described, "quantization_config", None, absent=None)
    tied = described.get("tie_word_embeddings", family == "gpt2")
    section = {
        **_plain_values(described, family),
        **readers[family](described),
        "model_type": family,
        "weight_tying": "enabled" if tied else "disabled",
    }
    result = validate(ModelDocument, {"transformer_config": section})
    if result.config is None:
        said = "; ".join(problem.message for problem in result.problems)
        for ours, theirs in THEIR_KEYS[family].items():
            said = said.replace(f"`{ours}`", f"`{theirs}`")
        raise UnreadableModelError(f"in {CONFIG_FILE}, {said}")
    return result.config.transformer_config


def special_tokens_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of tokens that begin, end or fill a text, as a `config.json` has them."""
    return {key: described[key] for key in _SPECIAL_TOKENS if key in described}


_ABSENT: Mapping[str, Mapping[str, Any]] = {
    "gpt2": {"norm_epsilon": 1e-5, "dropout_prob": 0.1},
    "llama": {"norm_epsilon": 1e-6},
}
"""What `transformers` takes where a key is absent."""
_READ_APART = {
    *("activation", "weight_tying", "theta", "num_groups", "rope_scaling"),
    *("scaling_factor", "original_context_length"),
}


def _plain_values(described: Mapping[str, Any], family: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for ours, theirs in THEIR_KEYS[family].items():
        if ours in _READ_APART:
            continue
        if theirs not in described and ours not in _ABSENT[family]:
            raise UnreadableModelError(f"{CONFIG_FILE} lacks `{theirs}`")
        values[ours] = described.get(theirs, _ABSENT[family].get(ours))
    return values


def _to_gpt2(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": config.embedding_dim,
        "n_layer": config.num_blocks,
        "n_head": config.num_heads,
        "n_positions": config.max_sequence_length,
        "n_inner": None,
        "activation_function": "gelu_new" if config.activation == "gelu_tanh" else "gelu",
        "layer_norm_epsilon": config.norm_epsilon,
        "resid_pdrop": config.dropout_prob,
        "embd_pdrop": config.dropout_prob,
        "attn_pdrop": 0.0,
    }


def _from_gpt2(described: Mapping[str, Any]) -> dict[str, Any]:
    activation = described.get("activation_function", "gelu_new")
    if activation not in _ACTIVATIONS:
        _refuse("activation_function", activation, "gelu and gelu_new are")
    width = described.get("n_embd")
    if described.get("n_inner") not in (None, 4 * width if isinstance(width, int) else None):
        _refuse("n_inner", described["n_inner"], "four times `n_embd` is")
    _require(described, "scale_attn_weights", True, absent=True)
    _require(described, "scale_attn_by_inverse_layer_idx", False, absent=False)
    _require(described, "add_cross_attention", False, absent=False)
    return {"activation": _ACTIVATIONS[activation]}


def _to_llama(config: TransformerConfig) -> dict[str, Any]:
    rope = _to_rope(config.rope_scaling)
    return {
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": config.embedding_dim,
        "intermediate_size": derived.feed_forward_width(config),
        "num_hidden_layers": config.num_blocks,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_groups or config.num_heads,
        "head_dim": config.embedding_dim // config.num_heads,
        "max_position_embeddings": config.max_sequence_length,
        "hidden_act": "silu",
        "rms_norm_eps": config.norm_epsilon,
        "attention_bias": False,
        "mlp_bias": False,
        # `transformers` 4 reads these two, 5 the one below.
        "rope_theta": config.theta,
        "rope_scaling": None if rope["rope_type"] == "default" else rope,
        "rope_parameters": {"rope_theta": config.theta, **rope},
    }


def _to_rope(scaling: RopeScaling | None) -> dict[str, Any]:
    if scaling is None or not scaling.scaling_factor:
        return {"rope_type": "default"}
    stretched = {"rope_type": scaling.rope_type, "factor": scaling.scaling_factor}
    if scaling.rope_type == "linear":
        return stretched
    return {
        **stretched,
        "low_freq_factor": scaling.low_freq_factor,
        "high_freq_factor": scaling.high_freq_factor,
        "original_max_position_embeddings": scaling.original_context_length,
    }


def _from_llama(described: Mapping[str, Any]) -> dict[str, Any]:
    _require(described, "hidden_act", "silu", absent="silu")
    _require(described, "attention_bias", False, absent=False)
    _require(described, "mlp_bias", False, absent=False)
    _require(described, "sliding_window", None, absent=None)
    width, heads = described.get("hidden_size"), described.get("num_attention_heads")
    if isinstance(width, int) and isinstance(heads, int) and heads > 0:
        each = width // heads
        if described.get("head_dim") not in (None, each):
            _refuse(
                "head_dim", described["head_dim"], f"`hidden_size` / `num_attention_heads` ({each})"
            )
    scaling = described.get("rope_scaling") or {}
    rope = {**scaling, **(described.get("rope_parameters") or {})}
    _require(rope, "partial_rotary_factor", 1.0, absent=described.get("partial_rotary_factor", 1.0))
    theta = rope.get("rope_theta") or described.get("rope_theta") or 10000.0
    return {
        "num_groups": described.get("num_key_value_heads") or heads,
        "theta": theta,
        "dropout_prob": 0.0,
        **_from_rope(rope),
    }


def _from_rope(rope: Mapping[str, Any]) -> dict[str, Any]:
    # `type` is what older versions of `transformers` wrote.
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "default":
        return {}
    if kind == "linear":
        return {"rope_scaling": {"rope_type": "linear", "scaling_factor": _wanted(rope, "factor")}}
    if kind != "llama3":
        _refuse("rope_type", kind, "default, linear and llama3 are", of="rope_scaling")
    return {
        "rope_scaling": {
            "scaling_factor": _wanted(rope, "factor"),
            "low_freq_factor": _wanted(rope, "low_freq_factor"),
            "high_freq_factor": _wanted(rope, "high_freq_factor"),
            "original_context_length": _wanted(rope, "original_max_position_embeddings"),
        }
    }


def _wanted(rope: Mapping[str, Any], key: str) -> Any:
    if rope.get(key) is None:
        raise UnreadableModelError(f"`rope_scaling` lacks `{key}` in {CONFIG_FILE}")
    return rope[key]


def _require(described: Mapping[str, Any], key: str, wanted: Any, *, absent: Any) -> None:
    """Refuse what our layers do not compute, instead of computing something else."""
    found = described.get(key, absent)
    if found != wanted:
        _refuse(key, found, f"{_json(wanted)} is")


def _refuse(key: str, found: Any, read: str, *, of: str = "") -> NoReturn:
    where = f"{CONFIG_FILE}, in `{of}`" if of else CONFIG_FILE
    raise UnreadableModelError(f"`{key}` is {_json(found)} in {where}; only {read} read")


def _json(value: Any) -> str:
    return json.dumps(value)
