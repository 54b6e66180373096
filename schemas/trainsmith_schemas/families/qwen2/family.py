"""Qwen 2 and 2.5: LLaMA with biases on queries, keys and values.

Yang et al. 2024, "Qwen2 Technical Report" and "Qwen2.5 Technical Report".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from trainsmith_schemas.families.family import Family
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.config_json import (
    HUGGING_FACE,
    SHAPE_KEYS,
    read_shape,
    write_shape,
)
from trainsmith_schemas.families.llama.layout import LAYOUT, block_shapes
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS
from trainsmith_schemas.families.windows import (
    KINDS,
    everywhere,
    read_optional,
    window_contradictions,
    write_optional,
)
from trainsmith_schemas.sections.model import TransformerConfig


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        **write_optional(config),
        **write_shape(config),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    return {**read_shape(described, key_value_heads=32), **read_optional(described)}


FAMILY = Family(
    name="qwen2",
    title="Qwen 2",
    about="Qwen 2 and 2.5: like `llama`, with biases on queries, keys and values.",
    keys=(*llama.KEYS, "sliding_window", "layer_types"),
    trained_by=("trainsmith",),
    contradictions=window_contradictions,
    distinctions=(*llama.DISTINCTIONS, KINDS),
    layout=replace(LAYOUT, block=partial(block_shapes, qkv_bias=True), layer_types=everywhere),
    hugging_face=replace(
        HUGGING_FACE,
        plain=SHAPE_KEYS,
        write=_write,
        read=_read,
        supported=(
            f"Sliding windows, `layer_types`, and {SCALED_POSITIONS}. For a model with another "
            "tokenizer than Qwen's, use `PreTrainedTokenizerFast` in place of `AutoTokenizer`: "
            "`transformers` 5 splits every text for this `model_type` as Qwen does."
        ),
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "qwen2"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  theta: 1000000.0
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
