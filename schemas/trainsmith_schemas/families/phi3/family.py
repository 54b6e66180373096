"""Phi-3, and Phi-4: LLaMA with fused layers, and positions in a part of each head.

Abdin et al. 2024, "Phi-3 Technical Report".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from trainsmith_schemas.families.description import refuse
from trainsmith_schemas.families.family import Family, Shapes
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.config_json import (
    HUGGING_FACE,
    SHAPE_KEYS,
    read_shape,
    write_shape,
)
from trainsmith_schemas.families.llama.layout import (
    LAYOUT,
    feed_forward_width,
    head_size,
    kept_by_block,
    key_value_heads,
)
from trainsmith_schemas.families.llama.rope import rope_keys
from trainsmith_schemas.families.windows import everywhere, window_contradictions
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig

_PLAIN_POSITIONS = ("default", None)


def rotated_size(config: TransformerConfig) -> int:
    """The dimensions of a head that are rotated."""
    return int(head_size(config) * config.partial_rotary_factor)


def _block(config: TransformerConfig) -> Shapes:
    width, inner, size = config.embedding_dim, feed_forward_width(config), head_size(config)
    queries, shared = size * config.num_heads, size * key_value_heads(config)
    return {
        "input_layernorm.weight": (width,),
        "self_attn.qkv_proj.weight": (queries + 2 * shared, width),
        "self_attn.o_proj.weight": (width, queries),
        "post_attention_layernorm.weight": (width,),
        "mlp.gate_up_proj.weight": (2 * inner, width),
        "mlp.down_proj.weight": (width, inner),
    }


def _kept_by_block(config: TransformerConfig) -> Kept:
    """As for LLaMA, but values are a part of what the fused layer returns, which stays whole."""
    plain, size = kept_by_block(config), head_size(config)
    width, inner = config.embedding_dim, feed_forward_width(config)
    return replace(
        plain,
        reads=(
            (width, ("self_attn.qkv_proj",)),
            (0, ("self_attn.o_proj",)),
            (width, ("mlp.gate_up_proj",)),
            (inner, ("mlp.down_proj",)),
        ),
        attention=plain.attention + size * (config.num_heads + key_value_heads(config)),
        turned=rotated_size(config),
    )


def _contradictions(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    found = list(window_contradictions(config, path))
    yield from found
    rotated = rotated_size(config)
    if not found and (rotated % 2 or not rotated):
        yield Problem(
            (*path, "partial_rotary_factor"),
            "indivisible",
            f"{rotated} of a head's {head_size(config)} dimensions are rotated; rotary positions "
            "need an even number above 0",
        )


def _write(config: TransformerConfig) -> dict[str, Any]:
    shape = write_shape(config.model_copy(update={"rope_scaling": None}))
    share = {"partial_rotary_factor": config.partial_rotary_factor}
    return {
        **shape,
        "architectures": ["Phi3ForCausalLM"],
        "original_max_position_embeddings": config.max_sequence_length,
        "sliding_window": config.sliding_window,
        "resid_pdrop": config.dropout_prob,
        "embd_pdrop": 0.0,
        "attention_dropout": 0.0,
        **share,
        "rope_parameters": {**shape["rope_parameters"], **share},
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    rope = rope_keys(described)
    share = rope.pop("partial_rotary_factor", None) or described.get("partial_rotary_factor", 1.0)
    kind = rope.get("rope_type") or rope.get("type")
    if kind not in _PLAIN_POSITIONS:
        refuse("rope_scaling.rope_type", kind, "default is")
    plain = {**described, "partial_rotary_factor": 1.0, "rope_parameters": rope}
    return {
        **read_shape({**plain, "rope_scaling": None}),
        "dropout_prob": described.get("resid_pdrop", 0.0),
        "partial_rotary_factor": share,
    }


FAMILY = Family(
    name="phi3",
    title="Phi-3",
    about="Phi-3 and Phi-4: like `llama`, with fused layers, a sliding window and dropout.",
    keys=(
        *(key for key in llama.KEYS if key != "rope_scaling"),
        "partial_rotary_factor",
        "sliding_window",
    ),
    trained_by=("trainsmith",),
    contradictions=_contradictions,
    distinctions=tuple(one for one in llama.DISTINCTIONS if one.key != "rope_scaling"),
    layout=replace(LAYOUT, block=_block, kept_by_block=_kept_by_block, layer_types=everywhere),
    hugging_face=replace(
        HUGGING_FACE,
        plain={**SHAPE_KEYS, "sliding_window": "sliding_window"},
        others={
            "num_groups": "num_key_value_heads",
            "theta": "rope_theta",
            "dropout_prob": "resid_pdrop",
            "partial_rotary_factor": "partial_rotary_factor",
            "weight_tying": "tie_word_embeddings",
        },
        absent={**HUGGING_FACE.absent, "norm_epsilon": 1e-5, "sliding_window": None},
        write=_write,
        read=_read,
        supported=(
            "Any `sliding_window` and `partial_rotary_factor`, without scaled positions: those of "
            "the type `longrope` are refused."
        ),
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "phi3"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  sliding_window: 64  # how many tokens each block looks back
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
