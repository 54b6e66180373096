"""`lora_config`: low-rank adaptation (Hu et al. 2021), in a recipe and in tt-train's own file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import (
    Examples,
    Flag,
    FolderPath,
    Integer,
    Number,
    ReadBy,
    Section,
    Text,
    Typical,
)

_BOTH = ReadBy("trainsmith", "tt-train")
_TT_TRAIN = ReadBy("tt-train")


class LoraConfig(Section):
    """Low-rank adaptation: small matrices are trained, and the original weights stay frozen.

    Each adapted layer adds `B · A · x` to its output, scaled by `lora_alpha / r`. The model file
    names the original weights in `model_path`. Checkpoints and `final/` contain the matrices only,
    in the format of Hugging Face's PEFT.
    """

    r: Annotated[Integer, Field(ge=1), Typical(8, 128), Examples(8, 16, 64), _BOTH] = 128
    """The rank of the trained matrices. A higher rank can learn more and costs more memory."""

    lora_alpha: Annotated[Number, Field(gt=0), Typical(1, 64), Examples(16, 32), _BOTH] = 32.0
    """The scale of the adaptation: its output is multiplied by `lora_alpha / r`.

    With a fixed `lora_alpha`, the best learning rate hardly depends on the rank. tt-train's default
    is 1, at which the usual learning rates train almost nothing.
    """

    lora_dropout: Annotated[Number, Field(ge=0, lt=1), Typical(0.0, 0.1), _BOTH] = 0.0
    """The fraction of the trained matrices' inputs set to zero during training."""

    is_bias_trainable: Annotated[Flag, _BOTH] = False
    """Whether the biases of the adapted layers are trained too; PEFT's `bias: lora_only`."""

    target_modules: Annotated[
        list[Text] | None, Field(min_length=1), Examples(["q_proj", "v_proj"], ["c_attn"]), _BOTH
    ] = None
    """The layers that are adapted, by the ends of their names. Without it, all linear layers.

    The names are those in `transformers`: `c_attn`, `c_proj` and `c_fc` in a GPT-2; `q_proj`,
    `k_proj`, `v_proj`, `o_proj`, `gate_proj`, `up_proj` and `down_proj` in the other families.
    `mlp.c_proj` is only the feed-forward network's. The embedding and the output layer are never
    adapted.
    """

    use_rslora: Annotated[Flag, _BOTH] = False
    """Whether to scale by `lora_alpha / √r` instead (Kalajdzievski 2023), for high ranks."""

    adapter_path: FolderPath = ""
    """A folder with trained matrices to start from, from PEFT or a run's `final/`. Empty: new ones.

    Its rank, scale, layers and biases must be those of this section. A relative path is looked up
    in this file's folder first, then in the working directory.
    """


class LoraFileConfig(LoraConfig):
    """Low-rank adaptation: small matrices are trained, and the original weights stay frozen."""

    lora_alpha: Annotated[Number, Field(gt=0), Typical(1, 64), Examples(16, 32), _TT_TRAIN] = 1.0
    """The scale of the adaptation: its output is multiplied by `lora_alpha / r`."""
