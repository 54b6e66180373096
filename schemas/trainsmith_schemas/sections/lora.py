"""`lora_config`: low-rank adaptation, as tt-train configures it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, Number, ReadBy, Section, Text, Typical

_TT_TRAIN = ReadBy("tt-train")


class LoraConfig(Section):
    """Low-rank adaptation: small matrices are trained, and the original weights stay frozen."""

    r: Annotated[Integer, Field(ge=1), Typical(8, 128), Examples(8, 16, 64), _TT_TRAIN] = 128
    """The rank of the trained matrices. A higher rank can learn more and costs more memory."""

    lora_alpha: Annotated[Number, Field(gt=0), Typical(1, 64), _TT_TRAIN] = 1.0
    """The scale of the adaptation: its output is multiplied by `lora_alpha / r`."""

    lora_dropout: Annotated[Number, Field(ge=0, lt=1), Typical(0.0, 0.1), _TT_TRAIN] = 0.0
    """The fraction of the trained matrices' inputs set to zero during training."""

    is_bias_trainable: Annotated[Flag, _TT_TRAIN] = False
    """Whether biases are trained too."""

    target_modules: Annotated[list[Text] | None, _TT_TRAIN] = None
    """The layers that are adapted. Without it, the trainer chooses."""
