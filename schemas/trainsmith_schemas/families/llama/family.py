"""LLaMA: rotary positions, RMS normalisation, SwiGLU, grouped-query attention, no biases.

Touvron et al. 2023.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trainsmith_schemas.families.checks import rotary_attention
from trainsmith_schemas.families.description import refuse, require
from trainsmith_schemas.families.family import Distinction, Family, HuggingFace, Layout, Shapes
from trainsmith_schemas.families.llama.rope import read_rope, write_rope
from trainsmith_schemas.sections.model import TransformerConfig

DISTINCTIONS = (
    Distinction(
        "feed-forward width", "intermediate_dim", lambda config: feed_forward_width(config)
    ),
    Distinction("key and value heads", "num_groups", lambda config: key_value_heads(config)),
    Distinction("theta", "theta", lambda config: config.theta),
    Distinction(
        "rope_scaling",
        "rope_scaling",
        lambda config: (
            config.rope_scaling.model_dump()
            if config.rope_scaling and config.rope_scaling.scaling_factor
            else "off"
        ),
    ),
)


def feed_forward_width(config: TransformerConfig) -> int:
    """The hidden width of the feed-forward layer: by default 8/3 of the width, in steps of 32."""
    return config.intermediate_dim or math.ceil(8 * config.embedding_dim / 3 / 32) * 32


def key_value_heads(config: TransformerConfig) -> int:
    """The number of key and value heads. By default, every head has its own."""
    return config.num_groups or config.num_heads


def _outer(config: TransformerConfig) -> Shapes:
    width = config.embedding_dim
    return {
        "model.embed_tokens.weight": (config.vocab_size, width),
        "model.norm.weight": (width,),
    }


def _block(config: TransformerConfig) -> Shapes:
    width, inner = config.embedding_dim, feed_forward_width(config)
    shared = _head_size(config) * key_value_heads(config)
    return {
        "input_layernorm.weight": (width,),
        "self_attn.q_proj.weight": (width, width),
        "self_attn.k_proj.weight": (shared, width),
        "self_attn.v_proj.weight": (shared, width),
        "self_attn.o_proj.weight": (width, width),
        "post_attention_layernorm.weight": (width,),
        "mlp.gate_proj.weight": (inner, width),
        "mlp.up_proj.weight": (inner, width),
        "mlp.down_proj.weight": (width, inner),
    }


def _head_size(config: TransformerConfig) -> int:
    return config.embedding_dim // config.num_heads


def write_shape(config: TransformerConfig, head_size: int) -> dict[str, Any]:
    """The keys of `config.json` that derived families share."""
    return {
        "hidden_size": config.embedding_dim,
        "intermediate_size": feed_forward_width(config),
        "num_hidden_layers": config.num_blocks,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": key_value_heads(config),
        "head_dim": head_size,
        "max_position_embeddings": config.max_sequence_length,
        "hidden_act": "silu",
        "rms_norm_eps": config.norm_epsilon,
        **write_rope(config.theta, config.rope_scaling),
    }


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "mlp_bias": False,
        **write_shape(config, _head_size(config)),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    require(described, "hidden_act", "silu", absent="silu")
    require(described, "attention_bias", False, absent=False)
    require(described, "mlp_bias", False, absent=False)
    require(described, "sliding_window", None, absent=None)
    width, heads = described.get("hidden_size"), described.get("num_attention_heads")
    if isinstance(width, int) and isinstance(heads, int) and heads > 0:
        each = width // heads
        if described.get("head_dim") not in (None, each):
            refuse(
                "head_dim", described["head_dim"], f"`hidden_size` / `num_attention_heads` ({each})"
            )
    return {
        "num_groups": described.get("num_key_value_heads") or heads,
        "dropout_prob": 0.0,
        **read_rope(described),
    }


LAYOUT = Layout(
    body="model.",
    embedding="model.embed_tokens.weight",
    blocks="model.layers",
    outer=_outer,
    block=_block,
    head_size=_head_size,
    key_value_heads=key_value_heads,
    kept_by_block=lambda config: 10 * config.embedding_dim + 4 * feed_forward_width(config),
)

HUGGING_FACE = HuggingFace(
    plain={
        "vocab_size": "vocab_size",
        "embedding_dim": "hidden_size",
        "intermediate_dim": "intermediate_size",
        "num_blocks": "num_hidden_layers",
        "num_heads": "num_attention_heads",
        "max_sequence_length": "max_position_embeddings",
        "norm_epsilon": "rms_norm_eps",
    },
    others={
        "num_groups": "num_key_value_heads",
        "theta": "rope_theta",
        "scaling_factor": "factor",
        "original_context_length": "original_max_position_embeddings",
        "rope_scaling": "rope_scaling",
        "weight_tying": "tie_word_embeddings",
    },
    absent={"norm_epsilon": 1e-6},
    tied_if_absent=False,
    write=_write,
    read=_read,
    constants=("rotary_emb.inv_freq",),
)

FAMILY = Family(
    name="llama",
    title="LLaMA",
    about="rotary positions, RMS normalisation, SwiGLU, grouped-query attention.",
    keys=("num_groups", "intermediate_dim", "theta", "rope_scaling"),
    trained_by=("trainsmith", "tt-train", "tt-train-flat"),
    contradictions=rotary_attention,
    tensor_parallel=True,
    distinctions=DISTINCTIONS,
    layout=LAYOUT,
    hugging_face=HUGGING_FACE,
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "llama"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
