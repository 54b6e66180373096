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
from trainsmith_schemas.families.deepseek.fields import DeepseekFields
from trainsmith_schemas.families.gpt2.fields import Gpt2Fields
from trainsmith_schemas.families.llama.fields import LlamaFields
from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.families.qwen3.fields import Qwen3Fields

_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
_OURS = ReadBy("trainsmith")


class ExperimentalConfig(Section):
    """Switches of tt-train that may go away."""

    use_composite_layernorm: Annotated[Flag, _TT_TRAIN] = False
    """Build layer normalisation from simpler operations. A choice of kernel, not of mathematics."""


class CommonFields(Section):
    """What every family reads."""

    model_type: Annotated[ModelType, _READERS] = "gpt2"
    """The architecture.

    `gpt2`: learned positions, layer normalisation, GELU. `llama`: rotary positions, RMS
    normalisation, SwiGLU, grouped-query attention. `qwen3`: as `llama`, with normalised queries and
    keys and a `head_dim` of its own. `deepseek`: latent attention and experts, tt-train only.
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

    max_sequence_length: Annotated[
        Integer, Field(ge=1), Typical(64, 4096), Examples(128, 256, 1024), _READERS
    ] = 256
    """How many tokens the model sees at once, and the length of every training sequence."""

    dropout_prob: Annotated[Number, Field(ge=0, lt=1), Typical(0.0, 0.2), _READERS] = 0.2
    """The share of activations set to zero in training, against overfitting."""

    norm_epsilon: Annotated[Number, Field(gt=0), Examples(1e-5, 1e-6), _OURS] = 1e-5
    """What normalisation adds to a variance before it divides by its root."""

    weight_tying: Annotated[Literal["disabled", "enabled"], _READERS] = "disabled"
    """Use one matrix for the token embedding and for the output layer."""


# The keys come in the order of the reference: those of the last base first, the class's own last.
class TransformerConfig(DeepseekFields, Qwen3Fields, Gpt2Fields, LlamaFields, CommonFields):
    """The shape of a model: how wide, how deep, how far it looks back."""

    runner_type: Annotated[Literal["default", "memory_efficient"], _READERS] = "default"
    """`memory_efficient` computes activations again in the backward pass, to save memory."""

    experimental: Annotated[ExperimentalConfig | None, _TT_TRAIN] = None
    """Switches of tt-train that may go away."""
