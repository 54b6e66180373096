"""LLaMA: rotary positions, RMS normalisation, SwiGLU, grouped-query attention.

Touvron et al. 2023.
"""

from __future__ import annotations

from dataclasses import replace

from trainsmith_schemas.families.checks import rotary_attention
from trainsmith_schemas.families.family import Distinction, Family, Shapes
from trainsmith_schemas.families.llama.config_json import HUGGING_FACE
from trainsmith_schemas.families.llama.layout import (
    LAYOUT,
    block_shapes,
    feed_forward_width,
    head_size,
    key_value_heads,
)
from trainsmith_schemas.sections.model import TransformerConfig

KEYS = ("num_groups", "intermediate_dim", "head_dim", "theta", "rope_scaling")
"""The keys that LLaMA and all families derived from it read."""

DISTINCTIONS = (
    Distinction("feed-forward width", "intermediate_dim", feed_forward_width),
    Distinction("key and value heads", "num_groups", key_value_heads),
    Distinction("head size", "head_dim", head_size),
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


def _block(config: TransformerConfig) -> Shapes:
    attention, mlp = config.attention_bias, config.mlp_bias
    return block_shapes(config, qkv_bias=attention, output_bias=attention, mlp_bias=mlp)


LAYOUT_WITH_BIASES = replace(LAYOUT, block=_block)

FAMILY = Family(
    name="llama",
    title="LLaMA",
    about="rotary positions, RMS normalisation, SwiGLU, grouped-query attention.",
    keys=(*KEYS, "attention_bias", "mlp_bias"),
    only_ours=("head_dim", "attention_bias", "mlp_bias"),
    trained_by=("trainsmith", "tt-train", "tt-train-flat"),
    contradictions=rotary_attention,
    tensor_parallel=True,
    distinctions=DISTINCTIONS,
    layout=LAYOUT_WITH_BIASES,
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
