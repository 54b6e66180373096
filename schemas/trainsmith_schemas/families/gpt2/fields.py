"""The keys of `transformer_config` that GPT-2 reads."""

from __future__ import annotations

from typing import Annotated, Literal

from trainsmith_schemas.base import Flag, ReadBy, Section

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_OURS = ReadBy("trainsmith")


class Gpt2Fields(Section):
    """What a GPT-2 has besides the common keys."""

    bias: Annotated[Flag, _READERS] = True
    """Give linear layers and normalisation a bias (gpt2)."""

    activation: Annotated[Literal["gelu", "gelu_tanh"], _OURS] = "gelu"
    """The function inside the feed-forward layer (gpt2): GELU, or its approximation by a tanh.

    Published GPT-2 models have the approximation.
    """

    positional_embedding_type: Annotated[Literal["trainable", "fixed"], _READERS] = "trainable"
    """How gpt2 knows where a token stands: learned, or fixed sines and cosines."""
