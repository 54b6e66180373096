"""Rotary positions in `config.json`, for LLaMA and families derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainsmith_schemas.families.description import (
    CONFIG_FILE,
    UnreadableModelError,
    mapping_in,
    refuse,
    require,
)
from trainsmith_schemas.families.llama.fields import RopeScaling

SCALED_POSITIONS = "rotary positions of the types `default`, `linear` and `llama3`"
"""For the reference page."""


def write_rope(theta: float, scaling: RopeScaling | None) -> dict[str, Any]:
    """The keys of `config.json` about rotary positions."""
    rope = _written(scaling)
    return {
        # `transformers` 4 reads these two keys, `transformers` 5 the last one.
        "rope_theta": theta,
        "rope_scaling": None if rope["rope_type"] == "default" else rope,
        "rope_parameters": {"rope_theta": theta, **rope},
    }


def read_rope(described: Mapping[str, Any], theta: float = 10000.0) -> dict[str, Any]:
    """`theta` and `rope_scaling`.

    Args:
        described: the content of `config.json`.
        theta: the base of the frequencies if the file does not say it.

    Raises:
        UnreadableModelError: our layers do not support these positions. The message names the key.
    """
    rope = {**mapping_in(described, "rope_scaling"), **mapping_in(described, "rope_parameters")}
    require(rope, "partial_rotary_factor", 1.0, absent=described.get("partial_rotary_factor", 1.0))
    theta = rope.get("rope_theta") or described.get("rope_theta") or theta
    return {"theta": theta, **_scaling(rope)}


def _written(scaling: RopeScaling | None) -> dict[str, Any]:
    if scaling is None or not scaling.scaling_factor:
        return {"rope_type": "default"}
    scaled = {"rope_type": scaling.rope_type, "factor": scaling.scaling_factor}
    if scaling.rope_type == "linear":
        return scaled
    return {
        **scaled,
        "low_freq_factor": scaling.low_freq_factor,
        "high_freq_factor": scaling.high_freq_factor,
        "original_max_position_embeddings": scaling.original_context_length,
    }


def _scaling(rope: Mapping[str, Any]) -> dict[str, Any]:
    # Older versions of `transformers` wrote `type`.
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "default":
        return {}
    if kind == "linear":
        return {"rope_scaling": {"rope_type": "linear", "scaling_factor": _get(rope, "factor")}}
    if kind != "llama3":
        refuse("rope_scaling.rope_type", kind, "default, linear and llama3 are")
    return {
        "rope_scaling": {
            "scaling_factor": _get(rope, "factor"),
            "low_freq_factor": _get(rope, "low_freq_factor"),
            "high_freq_factor": _get(rope, "high_freq_factor"),
            "original_context_length": _get(rope, "original_max_position_embeddings"),
        }
    }


def _get(rope: Mapping[str, Any], key: str) -> Any:
    if rope.get(key) is None:
        raise UnreadableModelError(f"`rope_scaling` lacks `{key}` in {CONFIG_FILE}")
    return rope[key]
