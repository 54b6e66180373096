"""The keys of `transformer_config` that LLaMA and families derived from it read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, Number, ReadBy, Section

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_OURS = ReadBy("trainsmith")


class RopeScaling(Section):
    """Scales rotary positions so that a model handles a longer context than it was trained with."""

    scaling_factor: Annotated[Number, Field(ge=0), Examples(8.0, 32.0), _READERS] = 0.0
    """The factor by which the context becomes longer. `0.0` turns scaling off."""

    high_freq_factor: Annotated[Number, Field(gt=0), _READERS] = 4.0
    """Wavelengths shorter than `original_context_length` divided by this factor are not scaled."""

    low_freq_factor: Annotated[Number, Field(gt=0), _READERS] = 1.0
    """Wavelengths longer than `original_context_length` divided by this factor are fully scaled."""

    original_context_length: Annotated[Integer, Field(ge=0), Examples(8192), _READERS] = 0
    """The context length, in tokens, that the model was originally trained with."""

    rope_type: Annotated[Literal["llama3", "linear", "yarn", "dynamic"], _OURS] = "llama3"
    """What is scaled.

    `llama3`: long wavelengths, by the two factors. `linear`: all of them. `yarn`: those that turn
    fewer than `beta_fast` times in the original context. `dynamic`: the base of the frequencies,
    once a text is longer than the original context. `yarn` and `dynamic` need
    `original_context_length`.
    """

    beta_fast: Annotated[Number, Field(ge=1e-3, le=1e6), _OURS] = 32.0
    """For `yarn`: dimensions that turn more often in the original context are not scaled."""

    beta_slow: Annotated[Number, Field(ge=1e-3, le=1e6), _OURS] = 1.0
    """For `yarn`: dimensions that turn less often in the original context are fully scaled."""

    attention_factor: Annotated[Number | None, Field(gt=0), _OURS] = None
    """For `yarn`: the factor of rotated queries and keys. By default, it follows from the scale."""


class LlamaFields(Section):
    """The keys that LLaMA adds to the common ones."""

    num_groups: Annotated[Integer | None, Field(ge=1), Examples(2, 3), _READERS] = None
    """The number of key and value heads in grouped-query attention.

    Must divide `num_heads`. By default, every head has its own keys and values.
    """

    intermediate_dim: Annotated[Integer | None, Field(ge=1), _READERS] = None
    """The hidden width of the feed-forward layer.

    Defaults to 8/3 of `embedding_dim`, rounded up to a multiple of 32.
    """

    head_dim: Annotated[
        Integer | None, Field(ge=1), Examples(64, 128), ReadBy("trainsmith", "tt-train")
    ] = None
    """The number of dimensions per attention head.

    Defaults to `embedding_dim / num_heads`, but `num_heads` × `head_dim` may differ from
    `embedding_dim`. Published Qwen 3 models have 128.
    """

    attention_bias: Annotated[Flag, ReadBy("trainsmith", "tt-train")] = False
    """Whether the linear layers of attention have a bias. Most published models have none."""

    mlp_bias: Annotated[Flag, _OURS] = False
    """Whether the linear layers of the feed-forward network have a bias.

    Most published models have none.
    """

    theta: Annotated[Number, Field(gt=1), Examples(10000.0, 500000.0, 1000000.0), _READERS] = (
        500000.0
    )
    """The base of the rotary position frequencies."""

    rope_scaling: Annotated[RopeScaling | None, _READERS] = None
    """Scales rotary positions for a longer context than in training."""
