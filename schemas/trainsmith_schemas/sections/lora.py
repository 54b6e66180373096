"""`lora_config`: small trainable matrices beside frozen weights."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, Number, ReadBy, Section, Text, Typical

_TT_TRAIN = ReadBy("tt-train")


class LoraConfig(Section):
    """Low-rank adaptation: the weights stay, small matrices beside them learn."""

    r: Annotated[Integer, Field(ge=1), Typical(8, 128), Examples(8, 16, 64), _TT_TRAIN] = 128
    """The rank of the small matrices: what they can learn, and what they cost."""

    lora_alpha: Annotated[Number, Field(gt=0), Typical(1, 64), _TT_TRAIN] = 1.0
    """How strongly the small matrices count, divided by their rank."""

    lora_dropout: Annotated[Number, Field(ge=0, lt=1), Typical(0.0, 0.1), _TT_TRAIN] = 0.0
    """The share of their inputs set to zero in training."""

    is_bias_trainable: Annotated[Flag, _TT_TRAIN] = False
    """Train the biases too."""

    target_modules: Annotated[list[Text] | None, _TT_TRAIN] = None
    """The layers that get small matrices. Without it, the trainer's choice."""
