"""Mistral: LLaMA with a sliding window in every block.

Jiang et al. 2023, "Mistral 7B".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainsmith_schemas.families.description import require
from trainsmith_schemas.families.family import Family
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.config_json import (
    HUGGING_FACE,
    SHAPE_KEYS,
    read_shape,
    write_shape,
)
from trainsmith_schemas.families.llama.layout import LAYOUT
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS
from trainsmith_schemas.families.windows import everywhere, window_contradictions
from trainsmith_schemas.sections.model import TransformerConfig


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["MistralForCausalLM"],
        "sliding_window": config.sliding_window,
        **write_shape(config),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    require(described, "layer_types", None, absent=None)
    return read_shape(described, key_value_heads=8)


FAMILY = Family(
    name="mistral",
    title="Mistral",
    about="like `llama`, with a sliding window.",
    keys=(*llama.KEYS, "sliding_window"),
    trained_by=("trainsmith",),
    contradictions=window_contradictions,
    distinctions=llama.DISTINCTIONS,
    layout=replace(LAYOUT, layer_types=everywhere),
    hugging_face=replace(
        HUGGING_FACE,
        plain={**SHAPE_KEYS, "sliding_window": "sliding_window"},
        absent={**HUGGING_FACE.absent, "sliding_window": 4096},
        supported=f"Any `sliding_window`, `head_dim`, and {SCALED_POSITIONS}.",
        write=_write,
        read=_read,
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "mistral"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  sliding_window: 64  # how many tokens each block looks back
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
