"""Qwen 3: LLaMA with a configurable head size and normalised queries and keys.

Yang et al. 2025, "Qwen3 Technical Report".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainsmith_schemas.families.family import Family, Shapes
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.config_json import (
    ATTENTION_BIAS,
    HUGGING_FACE,
    SHAPE_KEYS,
    read_shape,
    write_shape,
)
from trainsmith_schemas.families.llama.layout import (
    LAYOUT,
    block_shapes,
    head_norms,
    kept_by_block,
    with_head_norms,
)
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS
from trainsmith_schemas.families.windows import (
    KINDS,
    everywhere,
    read_optional,
    window_contradictions,
    write_optional,
)
from trainsmith_schemas.sections.model import TransformerConfig


def _block(config: TransformerConfig) -> Shapes:
    bias, norms = config.attention_bias, head_norms(config)
    return block_shapes(config, qkv_bias=bias, output_bias=bias, norms=norms)


def _kept_by_block(config: TransformerConfig) -> Kept:
    return with_head_norms(kept_by_block(config), config)


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": config.attention_bias,
        **write_optional(config),
        **write_shape(config),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    return {**read_shape(described, key_value_heads=32), **read_optional(described)}


TEMPLATE = """\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "qwen3"
  embedding_dim: 128  # the width
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 4  # key and value heads
  head_dim: 32  # the dimensions of each head
  max_sequence_length: 64  # how many tokens the model sees at once
  dropout_prob: 0.0
  weight_tying: "enabled"  # one matrix for the input's and the output's tokens
"""
"""The model file of a new recipe."""

FAMILY = Family(
    name="qwen3",
    title="Qwen 3",
    about="like `llama`, with normalised queries and keys and a configurable `head_dim`.",
    keys=(*llama.KEYS, "attention_bias", "sliding_window", "layer_types"),
    trained_by=("trainsmith", "tt-train"),
    contradictions=window_contradictions,
    tensor_parallel=True,
    distinctions=(*llama.DISTINCTIONS, KINDS),
    layout=replace(
        LAYOUT,
        block=_block,
        kept_by_block=_kept_by_block,
        layer_types=everywhere,
    ),
    hugging_face=replace(
        HUGGING_FACE,
        plain={**SHAPE_KEYS, **ATTENTION_BIAS},
        absent={**HUGGING_FACE.absent, "head_dim": 128},
        write=_write,
        read=_read,
        supported=f"Sliding windows, `layer_types`, biases, and {SCALED_POSITIONS}.",
    ),
    template=TEMPLATE,
)
