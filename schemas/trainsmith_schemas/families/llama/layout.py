"""The parameters and sizes that LLaMA shares with the families derived from it."""

from __future__ import annotations

import math
from dataclasses import replace

from trainsmith_schemas.families.family import NO_SHAPES, Layout, Shapes, with_biases
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.sections.model import TransformerConfig


def feed_forward_width(config: TransformerConfig) -> int:
    """The hidden width of the feed-forward layer: by default 8/3 of the width, in steps of 32."""
    return config.intermediate_dim or math.ceil(8 * config.embedding_dim / 3 / 32) * 32


def key_value_heads(config: TransformerConfig) -> int:
    """The number of key and value heads. By default, every head has its own."""
    return config.num_groups or config.num_heads


def head_size(config: TransformerConfig) -> int:
    """The dimensions of each head. By default, an equal share of the width."""
    return config.head_dim or config.embedding_dim // config.num_heads


def block_shapes(
    config: TransformerConfig,
    *,
    qkv_bias: bool = False,
    output_bias: bool = False,
    mlp_bias: bool = False,
    norms: Shapes = NO_SHAPES,
) -> Shapes:
    """The parameters of a block.

    Args:
        config: the model's shape.
        qkv_bias: whether queries, keys and values have biases.
        output_bias: whether the output of attention has a bias.
        mlp_bias: whether the feed-forward layers have biases.
        norms: normalisations besides those before attention and before the feed-forward layers.
    """
    width, inner, size = config.embedding_dim, feed_forward_width(config), head_size(config)
    queries, shared = size * config.num_heads, size * key_value_heads(config)
    projections = {
        "self_attn.q_proj": (queries, width),
        "self_attn.k_proj": (shared, width),
        "self_attn.v_proj": (shared, width),
    }
    feed_forward = {
        "mlp.gate_proj": (inner, width),
        "mlp.up_proj": (inner, width),
        "mlp.down_proj": (width, inner),
    }
    before = {"input_layernorm": (width,), "post_attention_layernorm": (width,)}
    return {
        **with_biases(projections, qkv_bias),
        **with_biases({"self_attn.o_proj": (width, queries)}, output_bias),
        **with_biases(feed_forward, mlp_bias),
        **with_biases({**before, **norms}, has_bias=False),
    }


def head_norms(config: TransformerConfig) -> Shapes:
    """The normalisations of queries and keys, in families that have them."""
    size = (head_size(config),)
    return {"self_attn.q_norm": size, "self_attn.k_norm": size}


def kept_by_block(config: TransformerConfig) -> Kept:
    """What a block stores for its backward pass."""
    width, inner, size = config.embedding_dim, feed_forward_width(config), head_size(config)
    queries, shared = config.num_heads * size, key_value_heads(config) * size
    return Kept(
        reads=(
            (width, ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
            (0, ("self_attn.o_proj",)),
            (width, ("mlp.gate_proj", "mlp.up_proj")),
            (inner, ("mlp.down_proj",)),
        ),
        attention=2 * queries + 2 * shared,
        result=queries,
        between=3 * inner,
        norms=2 * width,
        passing=2 * inner + width,
        gains=2 * width,
        turned=size,
        copied=2 * (queries - shared),
    )


def with_head_norms(kept: Kept, config: TransformerConfig) -> Kept:
    """Add what the normalisations of queries and keys store."""
    added = (config.num_heads + key_value_heads(config)) * head_size(config)
    return replace(kept, norms=kept.norms + added, gains=kept.gains + added)


def _outer(config: TransformerConfig) -> Shapes:
    width = config.embedding_dim
    return {
        "model.embed_tokens.weight": (config.vocab_size, width),
        "model.norm.weight": (width,),
    }


LAYOUT = Layout(
    body="model.",
    embedding="model.embed_tokens.weight",
    blocks="model.layers",
    outer=_outer,
    block=block_shapes,
    head_size=head_size,
    key_value_heads=key_value_heads,
    kept_by_block=kept_by_block,
)
"""Without biases. Other families replace what differs."""
