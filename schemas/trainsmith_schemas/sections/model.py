"""`transformer_config`: the shape of a model, usually in a file of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import (
    Examples,
    Flag,
    FolderPath,
    Integer,
    Number,
    ReadBy,
    Section,
    Typical,
)

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
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


class ExperimentalConfig(Section):
    """Switches of tt-train that may go away."""

    use_composite_layernorm: Annotated[Flag, _TT_TRAIN] = False
    """Build layer normalisation from simpler operations. A choice of kernel, not of mathematics."""


class TransformerConfig(Section):
    """The shape of a model: how wide, how deep, how far it looks back."""

    model_type: Annotated[Literal["gpt2", "llama"], _READERS] = "gpt2"
    """The architecture.

    `gpt2`: learned positions, layer normalisation, GELU. `llama`: rotary positions, RMS
    normalisation, SwiGLU, grouped-query attention.
    """

    model_path: Annotated[FolderPath, _READERS] = ""
    """A folder with weights to start from, as `transformers` saves a model. Empty: random weights.

    It holds `config.json`, safetensors and `tokenizer.json`, as the `final/` of a run does. The
    shape is read from there: other keys of this section are not needed, and must agree with it
    where they are written. `dropout_prob` and `runner_type` are free, and `max_sequence_length` may
    be shorter. The path leads from this file, or from the working directory.
    """

    vocab_size: Annotated[Integer, Field(ge=0), Examples((0, "from the tokenizer")), _READERS] = 0
    """How many different tokens there are. `0`: as many as the tokenizer has."""

    embedding_dim: Annotated[
        Integer, Field(ge=1), Typical(64, 4096), Examples(128, 384, 768), _READERS
    ] = 384
    """The width of the model. `num_heads` divides it; on Tenstorrent boards so does 32."""

    num_blocks: Annotated[Integer, Field(ge=1), Typical(2, 32), Examples(4, 6, 12), _READERS] = 6
    """The depth of the model: how many transformer blocks follow one another."""

    num_heads: Annotated[Integer, Field(ge=1), Typical(2, 32), Examples(4, 6, 12), _READERS] = 6
    """How many attention heads share the width. Each has `embedding_dim / num_heads` dimensions."""

    num_groups: Annotated[Integer | None, Field(ge=1), Examples(2, 3), _READERS] = None
    """Key and value heads of grouped-query attention (llama); it divides `num_heads`.

    Without it every head has its own.
    """

    intermediate_dim: Annotated[Integer | None, Field(ge=1), _READERS] = None
    """The width inside the feed-forward layer (llama).

    Without it, 8/3 of `embedding_dim`, rounded up to a multiple of 32.
    """

    max_sequence_length: Annotated[
        Integer, Field(ge=1), Typical(64, 4096), Examples(128, 256, 1024), _READERS
    ] = 256
    """How many tokens the model sees at once, and the length of every training sequence."""

    dropout_prob: Annotated[Number, Field(ge=0, lt=1), Typical(0.0, 0.2), _READERS] = 0.2
    """The share of activations set to zero in training, against overfitting."""

    bias: Annotated[Flag, _READERS] = True
    """Give linear layers and normalisation a bias (gpt2)."""

    activation: Annotated[Literal["gelu", "gelu_tanh"], _OURS] = "gelu"
    """The function inside the feed-forward layer (gpt2): GELU, or its approximation by a tanh.

    Published GPT-2 models have the approximation.
    """

    norm_epsilon: Annotated[Number, Field(gt=0), Examples(1e-5, 1e-6), _OURS] = 1e-5
    """What normalisation adds to a variance before it divides by its root."""

    weight_tying: Annotated[Literal["disabled", "enabled"], _READERS] = "disabled"
    """Use one matrix for the token embedding and for the output layer."""

    theta: Annotated[Number, Field(gt=0), Examples(10000.0, 500000.0), _READERS] = 500000.0
    """The base of the rotary positions (llama)."""

    rope_scaling: Annotated[RopeScaling | None, _READERS] = None
    """Stretches rotary positions beyond the length that the model was trained with (llama)."""

    positional_embedding_type: Annotated[Literal["trainable", "fixed"], _READERS] = "trainable"
    """How gpt2 knows where a token stands: learned, or fixed sines and cosines."""

    runner_type: Annotated[Literal["default", "memory_efficient"], _READERS] = "default"
    """`memory_efficient` computes activations again in the backward pass, to save memory."""

    experimental: Annotated[ExperimentalConfig | None, _TT_TRAIN] = None
    """Switches of tt-train that may go away."""
