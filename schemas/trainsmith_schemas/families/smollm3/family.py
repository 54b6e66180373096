"""SmolLM 3: LLaMA in which some blocks have no positions.

Yang et al. 2025, "Rope to Nope and Back Again: A New Hybrid Attention Strategy".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from trainsmith_schemas.families.description import refuse
from trainsmith_schemas.families.family import Distinction, Family, Kind
from trainsmith_schemas.families.llama import family as llama
from trainsmith_schemas.families.llama.config_json import HUGGING_FACE, read_shape, write_shape
from trainsmith_schemas.families.llama.rope import SCALED_POSITIONS
from trainsmith_schemas.families.windows import (
    FULL,
    KINDS,
    SLIDING,
    read_kinds,
    too_many_entries,
    window_contradictions,
    write_optional,
)
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig

_EVERY_FOURTH = (1, 1, 1, 0)


def rope_layers(config: TransformerConfig) -> list[int]:
    """For each block, 1 if it has rotary positions, or 0."""
    pattern = config.no_rope_layers or _EVERY_FOURTH
    return [pattern[block % len(pattern)] for block in range(config.num_blocks)]


def _layer_types(config: TransformerConfig) -> tuple[Kind, ...]:
    """As in `transformers`, the blocks without positions have the window."""
    return tuple(FULL if rope else SLIDING for rope in rope_layers(config))


def _contradictions(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    yield from window_contradictions(config, path)
    yield from too_many_entries(config, path, "no_rope_layers")


def _write(config: TransformerConfig) -> dict[str, Any]:
    return {
        "architectures": ["SmolLM3ForCausalLM"],
        "attention_bias": config.attention_bias,
        "mlp_bias": config.mlp_bias,
        "no_rope_layers": rope_layers(config),
        **write_optional(config),
        **write_shape(config),
    }


def _read(described: Mapping[str, Any]) -> dict[str, Any]:
    shape = read_shape(described, key_value_heads=4, theta=2000000.0)
    return {**shape, "no_rope_layers": _read_rope_layers(described), **_read_windows(described)}


def _read_rope_layers(described: Mapping[str, Any]) -> list[int]:
    blocks, found = described.get("num_hidden_layers"), described.get("no_rope_layers")
    if type(blocks) is not int or blocks < 1:
        return [1]  # The number of blocks is refused elsewhere.
    if found is None:
        interval = described.get("no_rope_layer_interval", 4)
        if type(interval) is not int or interval < 1:
            refuse("no_rope_layer_interval", interval, "a whole number above 0 is")
        return [int((block + 1) % interval != 0) for block in range(blocks)]
    several = cast("list[Any]", found) if isinstance(found, list) else []
    if len(several) < blocks or any(one not in (0, 1) for one in several):
        refuse("no_rope_layers", found, "a list with 0 or 1 for each of `num_hidden_layers` is")
    return [int(one) for one in several[:blocks]]


def _read_windows(described: Mapping[str, Any]) -> dict[str, Any]:
    window = described.get("use_sliding_window", False) and described.get("sliding_window")
    kinds = read_kinds(described)
    if not window:
        if SLIDING in kinds:
            refuse("layer_types", kinds, f"{FULL} without `use_sliding_window` is")
        return {"layer_types": [FULL]}
    return {"sliding_window": window, "layer_types": kinds or None}


FAMILY = Family(
    name="smollm3",
    title="SmolLM 3",
    about="like `llama`, with some blocks that have no positions.",
    keys=(
        *llama.KEYS,
        "attention_bias",
        "mlp_bias",
        "no_rope_layers",
        "sliding_window",
        "layer_types",
    ),
    trained_by=("trainsmith",),
    contradictions=_contradictions,
    distinctions=(
        *llama.DISTINCTIONS,
        KINDS,
        Distinction("blocks with positions", "no_rope_layers", rope_layers),
    ),
    layout=replace(llama.LAYOUT_WITH_BIASES, layer_types=_layer_types),
    hugging_face=replace(
        HUGGING_FACE,
        tied_if_absent=True,
        write=_write,
        read=_read,
        supported=f"Sliding windows, `layer_types`, biases, and {SCALED_POSITIONS}.",
    ),
    template="""\
# The shape of the model: small enough to learn something on a laptop's CPU in a minute.
transformer_config:
  model_type: "smollm3"
  embedding_dim: 128  # the width; num_heads divides it
  num_blocks: 4  # the depth
  num_heads: 4
  num_groups: 2  # key and value heads
  no_rope_layers: [1, 1, 1, 0]  # the last of four blocks has no positions
  max_sequence_length: 128  # how many tokens the model sees at once
  dropout_prob: 0.0
""",
)
