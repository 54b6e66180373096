"""Rotary positions in `config.json`, for LLaMA and families derived from it."""

from __future__ import annotations

import math
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
from trainsmith_schemas.json_text import LARGEST

SCALED_POSITIONS = "rotary positions of the types `default`, `linear`, `llama3`, `yarn`, `dynamic`"
"""For the reference page."""


def write_rope(theta: float, scaling: RopeScaling | None) -> dict[str, Any]:
    """The keys of `config.json` about rotary positions."""
    rope = write_scaling(scaling)
    return {
        # `transformers` 4 reads these two keys, `transformers` 5 the last one.
        "rope_theta": theta,
        "rope_scaling": None if rope["rope_type"] == "default" else rope,
        "rope_parameters": {"rope_theta": theta, **rope},
    }


def read_rope(described: Mapping[str, Any], theta: float = 10000.0) -> dict[str, Any]:
    """`theta` and `rope_scaling`, and for `dynamic` positions `max_sequence_length`.

    Args:
        described: the content of `config.json`.
        theta: the base of the frequencies if the file does not say it.

    Raises:
        UnreadableModelError: our layers do not support these positions. The message names the key.
    """
    rope = rope_keys(described)
    require(rope, "partial_rotary_factor", 1.0, absent=described.get("partial_rotary_factor", 1.0))
    return {
        "theta": rope.get("rope_theta") or described.get("rope_theta") or theta,
        **read_scaling(rope, described.get("max_position_embeddings")),
    }


def rope_keys(described: Mapping[str, Any]) -> dict[str, Any]:
    """The keys about positions, in the form of `transformers` 4 or 5."""
    return {**mapping_in(described, "rope_scaling"), **mapping_in(described, "rope_parameters")}


def write_scaling(scaling: RopeScaling | None) -> dict[str, Any]:
    """The type of the positions, and the keys that it needs."""
    if scaling is None or not scaling.scaling_factor:
        return {"rope_type": "default"}
    scaled = {"rope_type": scaling.rope_type, "factor": scaling.scaling_factor}
    original = {"original_max_position_embeddings": scaling.original_context_length}
    match scaling.rope_type:
        case "linear" | "dynamic":
            return scaled
        case "llama3":
            low, high = scaling.low_freq_factor, scaling.high_freq_factor
            return {**scaled, "low_freq_factor": low, "high_freq_factor": high, **original}
        case "yarn":
            betas = {"beta_fast": scaling.beta_fast, "beta_slow": scaling.beta_slow}
            factor = scaling.attention_factor
            own = {} if factor is None else {"attention_factor": factor}
            return {**scaled, **betas, **own, **original}


def read_scaling(rope: Mapping[str, Any], length: Any) -> dict[str, Any]:
    """`rope_scaling`, and for `dynamic` positions `max_sequence_length`.

    Args:
        rope: the keys about positions.
        length: `max_position_embeddings`, the original context of scaled models that do not say it.
    """
    # Older versions of `transformers` wrote `type`.
    kind = rope.get("rope_type") or rope.get("type") or "default"
    original = rope.get("original_max_position_embeddings") or length
    match kind:
        case "default":
            return {}
        case "linear":
            scaling = {}
        case "llama3":
            scaling = {
                "low_freq_factor": _get(rope, "low_freq_factor"),
                "high_freq_factor": _get(rope, "high_freq_factor"),
                "original_context_length": original,
            }
        case "yarn":
            require(rope, "truncate", True, absent=True)
            scaling = {
                "beta_fast": rope.get("beta_fast") or 32,
                "beta_slow": rope.get("beta_slow") or 1,
                "attention_factor": _attention_factor(rope),
                "original_context_length": original,
            }
        case "dynamic":
            # `max_position_embeddings` is the context before scaling, here only.
            factor = _get(rope, "factor")
            scaling = {"rope_type": kind, "scaling_factor": factor}
            return {
                "rope_scaling": {**scaling, "original_context_length": length},
                "max_sequence_length": _scaled(length, factor),
            }
        case _:
            known = "default, linear, llama3, yarn and dynamic are"
            refuse("rope_scaling.rope_type", kind, known)
    factor = {"rope_type": kind, "scaling_factor": _get(rope, "factor")}
    return {"rope_scaling": {**factor, **scaling}}


def _attention_factor(rope: Mapping[str, Any]) -> Any:
    """The factor of `yarn` that is written, or follows from two other keys, or `None`."""
    factor, above, below = (rope.get(key) for key in ("factor", "mscale", "mscale_all_dim"))
    written = rope.get("attention_factor")
    if written is not None or not above or not below:
        return written
    try:
        return yarn_attention_factor(factor, above) / yarn_attention_factor(factor, below)
    except (TypeError, ValueError):
        refuse("rope_scaling.mscale", above, "a number is")


def yarn_attention_factor(scale: Any, weight: Any = 1.0) -> float:
    """The factor that makes up for scaled positions: Peng et al. 2023, "YaRN", section 3.4."""
    return 0.1 * weight * math.log(scale) + 1.0 if scale > 1 else 1.0


def _scaled(length: Any, factor: Any) -> Any:
    """A context after scaling; what is no number is refused later, with its key."""
    if not (isinstance(length, int) and isinstance(factor, int | float)):
        return length
    return int(max(-LARGEST, min(length * factor, LARGEST)))


def _get(rope: Mapping[str, Any], key: str) -> Any:
    if rope.get(key) is None:
        raise UnreadableModelError(f"`rope_scaling` lacks `{key}` in {CONFIG_FILE}")
    return rope[key]
