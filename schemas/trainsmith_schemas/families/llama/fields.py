"""The keys of `transformer_config` that LLaMA introduced; its descendants read them too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, Number, ReadBy, Section

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_OURS = ReadBy("trainsmith")


class RopeScaling(Section):
    """Stretches rotary positions so that a model reads further than it was trained to."""

    scaling_factor: Annotated[Number, Field(ge=0), Examples(8.0, 32.0), _READERS] = 0.0
    """How many times longer the context becomes. `0.0` is off."""

    high_freq_factor: Annotated[Number, Field(gt=0), _READERS] = 4.0
    """Wavelengths shorter than the original context divided by this stay as they were."""

    low_freq_factor: Annotated[Number, Field(gt=0), _READERS] = 1.0
    """Wavelengths longer than the original context divided by this are stretched fully."""

    original_context_length: Annotated[Integer, Field(ge=0), Examples(8192), _READERS] = 0
    """The context length, in tokens, that the model was first trained with."""

    rope_type: Annotated[Literal["llama3", "linear"], _OURS] = "llama3"
    """What is stretched. `llama3`: long waves only, as the two factors say. `linear`: all alike."""


class LlamaFields(Section):
    """What a LLaMA has besides the common keys."""

    num_groups: Annotated[Integer | None, Field(ge=1), Examples(2, 3), _READERS] = None
    """Key and value heads of grouped-query attention (llama, qwen3); it divides `num_heads`.

    Without it every head has its own.
    """

    intermediate_dim: Annotated[Integer | None, Field(ge=1), _READERS] = None
    """The width inside the feed-forward layer (llama, qwen3).

    Without it, 8/3 of `embedding_dim`, rounded up to a multiple of 32.
    """

    theta: Annotated[Number, Field(gt=0), Examples(10000.0, 500000.0, 1000000.0), _READERS] = (
        500000.0
    )
    """The base of the rotary positions (llama, qwen3, deepseek)."""

    rope_scaling: Annotated[RopeScaling | None, _READERS] = None
    """Stretches rotary positions beyond the length that the model was trained with (llama, qwen3).
    """
