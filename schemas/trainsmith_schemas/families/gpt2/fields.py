"""The keys of `transformer_config` that GPT-2 reads."""

from __future__ import annotations

from typing import Annotated, Literal

from trainsmith_schemas.base import Flag, ReadBy, Section

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_OURS = ReadBy("trainsmith")


class Gpt2Fields(Section):
    """The keys that GPT-2 adds to the common ones."""

    bias: Annotated[Flag, _READERS] = True
    """Whether linear layers and layer normalisation have a bias."""

    activation: Annotated[Literal["gelu", "gelu_tanh"], _OURS] = "gelu"
    """The activation of the feed-forward layer: GELU, or its tanh approximation.

    Published GPT-2 models use the approximation.
    """

    positional_embedding_type: Annotated[Literal["trainable", "fixed"], _READERS] = "trainable"
    """How positions are encoded: learned embeddings, or fixed sines and cosines."""
