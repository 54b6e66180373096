"""Qwen 3: LLaMA with a configurable head size and normalised queries and keys.

Yang et al. 2025, "Qwen3 Technical Report".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainsmith_schemas.families.checks import rotary_attention
from trainsmith_schemas.families.description import refuse, require
from trainsmith_schemas.families.family import Distinction, Family, Shapes, with_biases
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.rope import read_rope
from trainsmith_schemas.sections.model import TransformerConfig


def head_size(config: TransformerConfig) -> int:
    """The dimensions of each head. Defaults to an equal share of the width."""
    return config.head_dim or config.embedding_dim // config.num_heads


def _block(config: TransformerConfig) -> Shapes:
    width, inner, size = config.embedding_dim, llama.feed_forward_width(config), head_size(config)
    queries, shared = size * config.num_heads, size * llama.key_value_heads(config)
    attention = {
        "self_attn.q_proj": (queries, width),
        "self_attn.k_proj": (shared, width),
        "self_attn.v_proj": (shared, width),
        "self_attn.o_proj": (width, queries),
    }
    others = {
        "input_layernorm": (width,),
        "self_attn.q_norm": (size,),
        "self_attn.k_norm": (size,),
        "post_attention_layernorm": (width,),
        "mlp.gate_proj": (inner, width),
        "mlp.up_proj": (inner, width),
        "mlp.down_proj": (width, inner),
    }
    return {**with_biases(attention, config.attention_bias), **with_biases(others, has_bias=False)}


def _kept_by_block(config: TransformerConfig) -> int:
    """As for LLaMA, plus the queries and keys before they are normalised."""
    heads = config.num_heads + llama.key_value_heads(config)
    attention = 5 * config.num_heads * head_size(config)
    width = 5 * config.embedding_dim + attention + heads * head_size(config)
    return width + 4 * llama.feed_forward_width(config)


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": config.attention_bias,
        "use_sliding_window": False,
        "sliding_window": None,
        **llama.write_shape(config, head_size(config)),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    require(described, "hidden_act", "silu", absent="silu")
    # `sliding_window` has no effect unless this is true.
    require(described, "use_sliding_window", False, absent=False)
    kinds: list[Any] = described.get("layer_types") or []
    if any(kind != "full_attention" for kind in kinds):
        refuse("layer_types", kinds, "full_attention is")
    return {
        "num_groups": described.get("num_key_value_heads") or described.get("num_attention_heads"),
        "dropout_prob": 0.0,
        **read_rope(described),
    }


FAMILY = Family(
    name="qwen3",
    title="Qwen 3",
    about="like `llama`, with normalised queries and keys and a configurable `head_dim`.",
    keys=(*llama.FAMILY.keys, "head_dim", "attention_bias"),
    trained_by=("trainsmith", "tt-train"),
    contradictions=lambda config, path: rotary_attention(config, path, config.head_dim),
    tensor_parallel=True,
    distinctions=(*llama.DISTINCTIONS, Distinction("head size", "head_dim", head_size)),
    layout=replace(llama.LAYOUT, block=_block, head_size=head_size, kept_by_block=_kept_by_block),
    hugging_face=replace(
        llama.HUGGING_FACE,
        plain={
            **llama.HUGGING_FACE.plain,
            "head_dim": "head_dim",
            "attention_bias": "attention_bias",
        },
        absent={**llama.HUGGING_FACE.absent, "head_dim": 128, "attention_bias": False},
        write=_write,
        read=_read,
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "qwen3"
  embedding_dim: 128  # the width
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  head_dim: 32  # the dimensions of each head
  theta: 1000000.0
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
