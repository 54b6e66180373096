"""What Gemma 2 and Gemma 3 share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trainsmith_schemas.families.checks import heads_divide_width
from trainsmith_schemas.families.description import require
from trainsmith_schemas.families.family import Distinction, Shapes
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.config_json import (
    ATTENTION_BIAS,
    HUGGING_FACE,
    SHAPE_KEYS,
    write_shape,
)
from trainsmith_schemas.families.llama.layout import LAYOUT, block_shapes, head_size, kept_by_block
from trainsmith_schemas.families.windows import SLIDING, kinds, window_contradictions
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig

_ACTIVATION = "gelu_pytorch_tanh"


def query_scalar(config: TransformerConfig) -> int:
    """The scores of attention are divided by the square root of this number."""
    return config.query_pre_attn_scalar or head_size(config)


KEYS = (
    *llama.KEYS,
    "attention_bias",
    "sliding_window",
    "layer_types",
    "query_pre_attn_scalar",
    "final_logit_softcapping",
)
DISTINCTIONS = (
    *llama.DISTINCTIONS,
    Distinction("scale of attention", "query_pre_attn_scalar", query_scalar),
)


def contradictions(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """Sizes that cannot be built, or that `transformers` refuses."""
    found = list(window_contradictions(config, path))
    yield from found
    if not found:
        yield from heads_divide_width(config, path)


def block(config: TransformerConfig, head_norms: Shapes) -> Shapes:
    """The parameters of a block: four normalisations, and those of heads."""
    width, bias = (config.embedding_dim,), config.attention_bias
    norms = {"pre_feedforward_layernorm": width, "post_feedforward_layernorm": width}
    return block_shapes(config, qkv_bias=bias, output_bias=bias, norms={**norms, **head_norms})


def kept(config: TransformerConfig) -> Kept:
    """As for LLaMA, with twice as many normalisations."""
    plain = kept_by_block(config)
    return replace(plain, norms=2 * plain.norms, gains=2 * plain.gains)


def write(config: TransformerConfig) -> dict[str, Any]:
    """The keys of `config.json` that both have."""
    return {
        **write_shape(config),
        "attention_bias": config.attention_bias,
        "hidden_act": _ACTIVATION,
        "hidden_activation": _ACTIVATION,
        "query_pre_attn_scalar": query_scalar(config),
        "final_logit_softcapping": config.final_logit_softcapping,
        # Without a window, the kinds of blocks may still have different positions.
        "sliding_window": config.sliding_window or config.max_sequence_length,
        "layer_types": kinds(config),
    }


def read(described: Mapping[str, Any]) -> dict[str, Any]:
    """The values that `HuggingFace.plain` does not cover, without positions and windows.

    Raises:
        UnreadableModelError: the activation or the direction of attention is not supported.
    """
    require(described, "hidden_activation", _ACTIVATION, absent=_ACTIVATION)
    if described.get("use_bidirectional_attention") is not None:
        require(described, "use_bidirectional_attention", False, absent=False)
    groups = described.get("num_key_value_heads", 4)
    return {"num_groups": groups or described.get("num_attention_heads"), "dropout_prob": 0.0}


def windows(described: Mapping[str, Any], layer_types: list[Any]) -> dict[str, Any]:
    """`sliding_window` and `layer_types`."""
    window = described.get("sliding_window", 4096) if SLIDING in layer_types else None
    return {"sliding_window": window, "layer_types": layer_types or None}


SHARED_LAYOUT = replace(LAYOUT, kept_by_block=kept, own_logits=True)
SHARED_HUGGING_FACE = replace(
    HUGGING_FACE,
    plain={
        **SHAPE_KEYS,
        **ATTENTION_BIAS,
        "query_pre_attn_scalar": "query_pre_attn_scalar",
        "final_logit_softcapping": "final_logit_softcapping",
    },
    absent={**HUGGING_FACE.absent, "head_dim": 256, "query_pre_attn_scalar": 256},
    tied_if_absent=True,
)
