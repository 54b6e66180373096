"""The keys of `config.json` that LLaMA shares with the families derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainsmith_schemas.families.description import require
from trainsmith_schemas.families.family import HuggingFace
from trainsmith_schemas.families.llama.layout import (
    feed_forward_width,
    head_size,
    key_value_heads,
)
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS, read_rope, write_rope
from trainsmith_schemas.sections.model import TransformerConfig


def write_shape(config: TransformerConfig) -> dict[str, Any]:
    """The sizes, the activation and the rotary positions."""
    return {
        "hidden_size": config.embedding_dim,
        "intermediate_size": feed_forward_width(config),
        "num_hidden_layers": config.num_blocks,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": key_value_heads(config),
        "head_dim": head_size(config),
        "max_position_embeddings": _context(config),
        "hidden_act": "silu",
        "rms_norm_eps": config.norm_epsilon,
        **write_rope(config.theta, config.rope_scaling),
    }


def _context(config: TransformerConfig) -> int:
    """`max_position_embeddings`: with `dynamic` positions, the context before they are scaled."""
    scaling = config.rope_scaling
    dynamic = scaling and scaling.scaling_factor and scaling.rope_type == "dynamic"
    return scaling.original_context_length if scaling and dynamic else config.max_sequence_length


def read_shape(
    described: Mapping[str, Any], *, key_value_heads: int | None = None, theta: float = 10000.0
) -> dict[str, Any]:
    """The values that `HuggingFace.plain` does not cover.

    Args:
        described: the content of `config.json`.
        key_value_heads: their number if the key is absent; `None`: every head has its own.
        theta: the base of the rotary frequencies if the key is absent.

    Raises:
        UnreadableModelError: the activation or the positions are not supported.
    """
    require(described, "hidden_act", "silu", absent="silu")
    groups = described.get("num_key_value_heads", key_value_heads)
    return {
        "num_groups": groups or described.get("num_attention_heads"),
        "dropout_prob": 0.0,
        **read_rope(described, theta),
    }


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": config.attention_bias,
        "mlp_bias": config.mlp_bias,
        **write_shape(config),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    require(described, "sliding_window", None, absent=None)
    return read_shape(described)


SHAPE_KEYS = {
    "vocab_size": "vocab_size",
    "embedding_dim": "hidden_size",
    "intermediate_dim": "intermediate_size",
    "num_blocks": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "head_dim": "head_dim",
    "max_sequence_length": "max_position_embeddings",
    "norm_epsilon": "rms_norm_eps",
}
"""Our keys of a model's sizes, and those of `config.json` with the same values."""

ATTENTION_BIAS = {"attention_bias": "attention_bias"}
MLP_BIAS = {"mlp_bias": "mlp_bias"}

HUGGING_FACE = HuggingFace(
    plain={**SHAPE_KEYS, **ATTENTION_BIAS, **MLP_BIAS},
    others={
        "num_groups": "num_key_value_heads",
        "theta": "rope_theta",
        "scaling_factor": "factor",
        "original_context_length": "original_max_position_embeddings",
        "rope_scaling": "rope_scaling",
        "weight_tying": "tie_word_embeddings",
    },
    absent={"head_dim": None, "norm_epsilon": 1e-6, "attention_bias": False, "mlp_bias": False},
    tied_if_absent=False,
    write=_write,
    read=_read,
    supported=f"SmolLM 2 too. Biases, `head_dim` and {SCALED_POSITIONS}; not `sliding_window`.",
    constants=("rotary_emb.inv_freq",),
)
"""LLaMA's. Other families replace what differs."""
