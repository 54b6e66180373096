"""Gemma 2: soft bounds, alternating windows, four normalisations in a block, GeGLU.

Gemma Team 2024, "Gemma 2: Improving Open Language Models at a Practical Size".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from trainsmith_schemas.families.family import NO_SHAPES, Family, Kind
from trainsmith_schemas.families.gemma2 import shared
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS, read_rope
from trainsmith_schemas.families.windows import FULL, KINDS, SLIDING, read_kinds
from trainsmith_schemas.sections.model import TransformerConfig


def _kept_by_block(config: TransformerConfig) -> Kept:
    """With a bound, attention stores its bounded scores and its weights."""
    kept = shared.kept(config)
    if config.attn_logit_softcapping is None:
        return kept
    return replace(kept, scores=2 * config.num_heads, attention=kept.attention + kept.copied)


def _layer_types(_config: TransformerConfig) -> tuple[Kind, ...]:
    return (SLIDING, FULL)


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["Gemma2ForCausalLM"],
        "attn_logit_softcapping": config.attn_logit_softcapping,
        **shared.write(config),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    blocks = described.get("num_hidden_layers")
    count = blocks if type(blocks) is int else 0
    found = read_kinds(described) or [FULL if at % 2 else SLIDING for at in range(count)]
    return {
        **shared.read(described),
        **read_rope(described),
        **shared.windows(described, found),
    }


FAMILY = Family(
    name="gemma2",
    title="Gemma 2",
    about=(
        "soft bounds on scores and logits, a sliding window in every second block, GeGLU, and "
        "normalisation before and after each layer."
    ),
    keys=(*shared.KEYS, "attn_logit_softcapping"),
    trained_by=("trainsmith",),
    contradictions=shared.contradictions,
    distinctions=(*shared.DISTINCTIONS, KINDS),
    layout=replace(
        shared.SHARED_LAYOUT,
        block=partial(shared.block, head_norms=NO_SHAPES),
        kept_by_block=_kept_by_block,
        layer_types=_layer_types,
    ),
    hugging_face=replace(
        shared.SHARED_HUGGING_FACE,
        plain={
            **shared.SHARED_HUGGING_FACE.plain,
            "attn_logit_softcapping": "attn_logit_softcapping",
        },
        absent={
            **shared.SHARED_HUGGING_FACE.absent,
            "attn_logit_softcapping": 50.0,
            "final_logit_softcapping": 30.0,
        },
        write=_write,
        read=_read,
        supported=f"Any windows, bounds and biases, and {SCALED_POSITIONS}.",
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "gemma2"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  theta: 10000.0
  sliding_window: 64  # how many tokens every second block looks back
  attn_logit_softcapping: 50.0
  final_logit_softcapping: 30.0
  weight_tying: "enabled"
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
