"""The shape of a model: our `transformer_config` ↔ Hugging Face's `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainsmith_schemas.documents import ModelDocument
from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.validate import validate
from trainsmith_trainer.backends.base import Arrays

_EPSILON = 1e-5


class UnreadableModelError(Exception):
    """A folder holds no model that this trainer reads."""


def to_hugging_face(config: TransformerConfig, weights: Arrays) -> dict[str, Any]:
    """The `config.json` of a model.

    Args:
        config: the model's shape, with its vocabulary's size.
        weights: its parameters, (out, in); they tell the widths that have a default.
    """
    own = _to_gpt2(config) if config.model_type == "gpt2" else _to_llama(config, weights)
    return {
        **own,
        "model_type": config.model_type,
        "vocab_size": config.vocab_size,
        "tie_word_embeddings": config.weight_tying == "enabled",
        "dtype": "float32",
        "bos_token_id": None,
        "eos_token_id": None,
    }


def from_hugging_face(described: Mapping[str, Any]) -> TransformerConfig:
    """The shape that a `config.json` describes.

    Raises:
        UnreadableModelError: it is of another family, or a kind of layer that ours lack.
    """
    readers = {"gpt2": _from_gpt2, "llama": _from_llama}
    family = described.get("model_type")
    if family not in readers:
        raise UnreadableModelError(f"a model of type {family!r}; gpt2 and llama are read")
    tied = described.get("tie_word_embeddings", family == "gpt2")
    section = {
        **readers[family](described),
        "model_type": family,
        "vocab_size": described.get("vocab_size"),
        "weight_tying": "enabled" if tied else "disabled",
    }
    result = validate(ModelDocument, {"transformer_config": section})
    if result.config is None:
        raise UnreadableModelError("; ".join(problem.message for problem in result.problems))
    return result.config.transformer_config


def _to_gpt2(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": config.embedding_dim,
        "n_layer": config.num_blocks,
        "n_head": config.num_heads,
        "n_positions": config.max_sequence_length,
        "n_inner": None,
        "activation_function": "gelu",
        "layer_norm_epsilon": _EPSILON,
        "resid_pdrop": config.dropout_prob,
        "embd_pdrop": config.dropout_prob,
        "attn_pdrop": 0.0,
    }


def _from_gpt2(described: Mapping[str, Any]) -> dict[str, Any]:
    _require(described, "activation_function", "gelu", absent="gelu_new")
    _require(described, "layer_norm_epsilon", _EPSILON, absent=_EPSILON)
    _require(described, "n_inner", None, absent=None)
    return {
        "embedding_dim": described.get("n_embd"),
        "num_blocks": described.get("n_layer"),
        "num_heads": described.get("n_head"),
        "max_sequence_length": described.get("n_positions"),
        "dropout_prob": described.get("resid_pdrop", 0.1),
    }


def _to_llama(config: TransformerConfig, weights: Arrays) -> dict[str, Any]:
    rope: dict[str, Any] = {"rope_type": "default"}
    if (scaling := config.rope_scaling) and scaling.scaling_factor:
        rope = {
            "rope_type": "llama3",
            "factor": scaling.scaling_factor,
            "low_freq_factor": scaling.low_freq_factor,
            "high_freq_factor": scaling.high_freq_factor,
            "original_max_position_embeddings": scaling.original_context_length,
        }
    return {
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": config.embedding_dim,
        "intermediate_size": len(weights["model.layers.0.mlp.gate_proj.weight"]),
        "num_hidden_layers": config.num_blocks,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_groups or config.num_heads,
        "head_dim": config.embedding_dim // config.num_heads,
        "max_position_embeddings": config.max_sequence_length,
        "hidden_act": "silu",
        "rms_norm_eps": _EPSILON,
        "attention_bias": False,
        "mlp_bias": False,
        # `transformers` 4 reads these two, 5 the one below.
        "rope_theta": config.theta,
        "rope_scaling": rope if config.rope_scaling and rope["rope_type"] != "default" else None,
        "rope_parameters": {"rope_theta": config.theta, **rope},
    }


def _from_llama(described: Mapping[str, Any]) -> dict[str, Any]:
    _require(described, "hidden_act", "silu", absent="silu")
    _require(described, "rms_norm_eps", _EPSILON, absent=1e-6)
    _require(described, "attention_bias", False, absent=False)
    _require(described, "mlp_bias", False, absent=False)
    old = {"rope_theta": described.get("rope_theta"), **(described.get("rope_scaling") or {})}
    rope = described.get("rope_parameters") or old
    section = {
        "embedding_dim": described.get("hidden_size"),
        "num_blocks": described.get("num_hidden_layers"),
        "num_heads": described.get("num_attention_heads"),
        "num_groups": described.get("num_key_value_heads"),
        "intermediate_dim": described.get("intermediate_size"),
        "max_sequence_length": described.get("max_position_embeddings"),
        "theta": rope.get("rope_theta") or 10000.0,
        "dropout_prob": 0.0,
    }
    if rope.get("rope_type", "default") == "default":
        return section
    _require(rope, "rope_type", "llama3", absent=None)
    scaling = {
        "scaling_factor": rope.get("factor"),
        "low_freq_factor": rope.get("low_freq_factor"),
        "high_freq_factor": rope.get("high_freq_factor"),
        "original_context_length": rope.get("original_max_position_embeddings"),
    }
    return {**section, "rope_scaling": scaling}


def _require(described: Mapping[str, Any], key: str, wanted: Any, *, absent: Any) -> None:
    """Refuse what our layers do not compute, instead of computing something else."""
    found = described.get(key, absent)
    if found != wanted:
        raise UnreadableModelError(f"`{key}` is {found!r} in config.json; only {wanted!r} is read")
