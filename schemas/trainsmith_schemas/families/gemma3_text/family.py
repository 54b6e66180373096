"""Gemma 3, its language model: two kinds of positions, and normalised queries and keys.

Gemma Team 2025, "Gemma 3 Technical Report".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainsmith_schemas.families.description import mapping_in, refuse, require
from trainsmith_schemas.families.family import Distinction, Family, Kind, Shapes
from trainsmith_schemas.families.gemma2 import shared
from trainsmith_schemas.families.kept import Kept
from trainsmith_schemas.families.llama.layout import head_norms, with_head_norms
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS, read_scaling, write_scaling
from trainsmith_schemas.families.windows import FULL, KINDS, SLIDING, read_kinds
from trainsmith_schemas.sections.model import TransformerConfig


def _block(config: TransformerConfig) -> Shapes:
    return shared.block(config, head_norms(config))


def _kept_by_block(config: TransformerConfig) -> Kept:
    return with_head_norms(shared.kept(config), config)


def _layer_types(_config: TransformerConfig) -> tuple[Kind, ...]:
    return (SLIDING, SLIDING, SLIDING, SLIDING, SLIDING, FULL)


def _write(config: TransformerConfig) -> dict[str, Any]:
    scaling, local = write_scaling(config.rope_scaling), config.rope_local_base_freq
    return {
        **shared.write(config),
        "architectures": ["Gemma3ForCausalLM"],
        # `transformers` 4 reads this key, `transformers` 5 the next.
        "rope_local_base_freq": local,
        "rope_parameters": {
            FULL: {"rope_theta": config.theta, **scaling},
            SLIDING: {"rope_theta": local, "rope_type": "default"},
        },
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    require(described, "attn_logit_softcapping", None, absent=None)
    blocks, every = described.get("num_hidden_layers"), described.get("sliding_window_pattern")
    every = 6 if every is None else every
    if type(every) is not int or every < 1:
        refuse("sliding_window_pattern", every, "a whole number above 0 is")
    count = blocks if type(blocks) is int else 0
    found = read_kinds(described) or [SLIDING if at % every else FULL for at in range(1, count + 1)]
    return {
        **shared.read(described),
        **_read_positions(described),
        **shared.windows(described, found),
    }


def _read_positions(described: Mapping[str, Any]) -> dict[str, Any]:
    """`theta`, `rope_local_base_freq` and `rope_scaling`."""
    both = mapping_in(described, "rope_parameters")
    full = {**mapping_in(both, FULL), **mapping_in(described, "rope_scaling")}
    local = mapping_in(both, SLIDING)
    kind = local.get("rope_type", "default")
    if kind != "default":
        refuse(f"rope_parameters.{SLIDING}.rope_type", kind, "default is")
    return {
        "theta": full.get("rope_theta") or described.get("rope_theta") or 1000000.0,
        "rope_local_base_freq": local.get("rope_theta")
        or described.get("rope_local_base_freq")
        or 10000.0,
        **read_scaling(full, described.get("max_position_embeddings")),
    }


FAMILY = Family(
    name="gemma3_text",
    title="Gemma 3",
    about=(
        "the language model of Gemma 3: like `gemma2`, with normalised queries and keys, other "
        "positions in blocks with a sliding window, and every sixth block without one."
    ),
    keys=(*shared.KEYS, "rope_local_base_freq"),
    trained_by=("trainsmith",),
    contradictions=shared.contradictions,
    distinctions=(
        *shared.DISTINCTIONS,
        KINDS,
        Distinction(
            "theta of windows", "rope_local_base_freq", lambda config: config.rope_local_base_freq
        ),
    ),
    layout=replace(
        shared.SHARED_LAYOUT,
        block=_block,
        kept_by_block=_kept_by_block,
        layer_types=_layer_types,
    ),
    hugging_face=replace(
        shared.SHARED_HUGGING_FACE,
        others={
            **shared.SHARED_HUGGING_FACE.others,
            "rope_local_base_freq": "rope_local_base_freq",
        },
        absent={**shared.SHARED_HUGGING_FACE.absent, "final_logit_softcapping": None},
        write=_write,
        read=_read,
        supported=(
            f"Any windows and biases, and {SCALED_POSITIONS} in blocks without a window. A model "
            "with images, `gemma3`, is refused."
        ),
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "gemma3_text"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 6  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  theta: 1000000.0
  sliding_window: 64  # how many tokens all but every sixth block look back
  weight_tying: "enabled"
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
