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
from trainsmith_schemas.families.fields import FamilyFields
from trainsmith_schemas.families.names import ModelType

MOST_BLOCKS = 10_000
"""Ten times as many as the deepest published transformers (Wang et al. 2022, "DeepNet")."""

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
_OURS = ReadBy("trainsmith")


class ExperimentalConfig(Section):
    """Switches of tt-train that may go away."""

    use_composite_layernorm: Annotated[Flag, _TT_TRAIN] = False
    """Build layer normalisation from simpler operations. The mathematics does not change."""


class CommonFields(Section):
    """The keys that every family reads."""

    model_type: Annotated[ModelType, _READERS] = "gpt2"
    """The architecture: a family of models."""

    model_path: Annotated[FolderPath, _READERS] = ""
    """A folder with pretrained weights, as saved by `transformers`. Empty: random weights.

    The folder contains `config.json`, safetensors files and `tokenizer.json`, like a run's
    `final/`. Its `config.json` defines the model's shape, so this section needs no other keys, and
    those that it has must match. Exceptions: `dropout_prob` and `runner_type` may differ, and
    `max_sequence_length` may be shorter. A relative path is looked up in this file's folder first,
    then in the working directory.
    """

    vocab_size: Annotated[Integer, Field(ge=0), Examples((0, "from the tokenizer")), _READERS] = 0
    """The size of the vocabulary. `0`: the tokenizer's."""

    embedding_dim: Annotated[
        Integer, Field(ge=1), Typical(64, 4096), Examples(128, 384, 768), _READERS
    ] = 384
    """The width of the model: a multiple of `num_heads`, and of 32 on Tenstorrent boards."""

    num_blocks: Annotated[
        Integer, Field(ge=1, le=MOST_BLOCKS), Typical(2, 32), Examples(4, 6, 12), _READERS
    ] = 6
    """The depth of the model: the number of transformer blocks."""

    num_heads: Annotated[Integer, Field(ge=1), Typical(2, 32), Examples(4, 6, 12), _READERS] = 6
    """The number of attention heads. Each has `embedding_dim / num_heads` dimensions."""

    max_sequence_length: Annotated[
        Integer, Field(ge=1), Typical(64, 4096), Examples(128, 256, 1024), _READERS
    ] = 256
    """The context length in tokens, which is also the length of every training sequence."""

    dropout_prob: Annotated[Number, Field(ge=0, lt=1), Typical(0.0, 0.2), _READERS] = 0.2
    """The fraction of activations set to zero during training, to reduce overfitting."""

    norm_epsilon: Annotated[Number, Field(gt=0), Examples(1e-5, 1e-6), _OURS] = 1e-5
    """The epsilon that normalisation adds to the variance to avoid dividing by zero."""

    weight_tying: Annotated[Literal["disabled", "enabled"], _READERS] = "disabled"
    """Whether the token embedding and the output layer share one matrix."""


# The reference lists the last base's keys first and this class's last.
class TransformerConfig(FamilyFields, CommonFields):
    """The shape of a model: its width, depth, context length and layers."""

    runner_type: Annotated[Literal["default", "memory_efficient"], _READERS] = "default"
    """`memory_efficient` recomputes activations in the backward pass to save memory."""

    experimental: Annotated[ExperimentalConfig | None, _TT_TRAIN] = None
    """Switches of tt-train that may go away."""
