"""`training_config.optimizer`: the optimizer and its hyperparameters, in one block."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, Number, ReadBy, Section, Typical

_EVERYWHERE = ReadBy("trainsmith", "tt-train")
_TT_TRAIN = ReadBy("tt-train")


class OptimizerConfig(Section):
    """The optimizer and its hyperparameters, as tt-train's nested block writes them.

    A value here wins over the flat key of the same meaning in `training_config`.
    """

    type: Annotated[
        Literal[
            "AdamW",
            "MorehAdamW",
            "AdamWComposite",
            "AdamWFullPrecision",
            "SGD",
            "SGDComposite",
            "Muon",
            "NoOp",
        ],
        Examples(
            ("AdamW", "right for transformers"),
            ("MorehAdamW", "AdamW in another kernel of ttnn"),
            ("AdamWComposite", "AdamW in a kernel that has Kahan summation"),
            ("AdamWFullPrecision", "AdamW with a float32 copy of bfloat16 weights"),
            ("SGD", "plain gradient descent"),
            ("SGDComposite", "the same in another kernel of ttnn"),
            ("Muon", "orthogonal updates of the matrices inside the blocks"),
            ("NoOp", "leaves the weights alone"),
        ),
        _EVERYWHERE,
    ] = "AdamW"
    """Which optimizer updates the weights.

    `AdamW` is right for transformers. `MorehAdamW` and `AdamWComposite` name the same mathematics
    in other kernels of ttnn; `AdamWFullPrecision` also keeps a float32 copy of bfloat16 weights.
    `Muon` makes the updates of the matrices inside the blocks orthogonal and leaves the rest to
    AdamW. `NoOp` leaves the weights alone.
    """

    lr: Annotated[
        Number | None,
        Field(gt=0),
        Typical(1e-5, 3e-4),
        Examples((1.0e-4, "fine-tuning"), (3.0e-4, "training from scratch")),
        _EVERYWHERE,
    ] = None
    """The learning rate: how far each step moves the weights.

    Without it, `training_config.learning_rate` counts.
    """

    beta1: Annotated[Number, Field(ge=0, lt=1), Typical(0.9, 0.95), _EVERYWHERE] = 0.9
    """How long the running mean of the gradient remembers. Adam's first moment."""

    beta2: Annotated[Number, Field(ge=0, lt=1), Typical(0.95, 0.999), _EVERYWHERE] = 0.999
    """How long the running mean of the squared gradient remembers. Adam's second moment."""

    epsilon: Annotated[Number, Field(gt=0), Examples(1.0e-8), _EVERYWHERE] = 1e-8
    """Keeps Adam's division away from zero. The key is `epsilon`; tt-train ignores `eps`."""

    weight_decay: Annotated[Number | None, Field(ge=0), Typical(0.0, 0.1), _EVERYWHERE] = None
    """Pulls matrices and embeddings towards zero at each step; biases and norms are left alone.

    AdamW does it apart from the gradient, SGD adds it to the gradient. Without the key,
    `training_config.weight_decay` counts.
    """

    amsgrad: Annotated[Flag, _EVERYWHERE] = False
    """Let Adam's second moment only grow. Rarely worth its memory."""

    stochastic_rounding: Annotated[Flag, _TT_TRAIN] = False
    """Round bfloat16 updates up or down at random, so that small ones are not lost.

    Only tt-train's fused `AdamW` reads it.
    """

    kahan_summation: Annotated[Flag, _EVERYWHERE] = False
    """Carry the rounding error of each bfloat16 update into the next one.

    The same as `training_config.use_kahan_summation`; either is enough.

    Of tt-train's optimizers only `AdamWComposite` has it; `MorehAdamW` stops the run.
    """

    momentum: Annotated[
        Number | None, Field(ge=0, lt=1), Typical(0.0, 0.95), Examples(0.9, 0.95), _EVERYWHERE
    ] = None
    """How much of the last step is repeated. SGD and Muon.

    Without it, `0.0` for SGD and `0.95` for Muon.
    """

    dampening: Annotated[Number, Field(ge=0, lt=1), _EVERYWHERE] = 0.0
    """Weakens the gradient that enters the momentum. SGD."""

    nesterov: Annotated[Flag, _EVERYWHERE] = False
    """Look ahead along the momentum before taking the gradient. SGD."""

    ns_steps: Annotated[Integer, Field(ge=1), Examples(5), _EVERYWHERE] = 5
    """How many Newton-Schulz iterations make the update orthogonal. Muon."""


_MOREH = ("lr", "beta1", "beta2", "epsilon", "weight_decay")
_ADAM = (*_MOREH, "amsgrad")
_SGD = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "AdamW": (*_ADAM, "stochastic_rounding"),
    "MorehAdamW": (*_MOREH, "kahan_summation"),
    "AdamWComposite": (*_ADAM, "kahan_summation"),
    "AdamWFullPrecision": _ADAM,
    "SGD": _SGD,
    "SGDComposite": _SGD,
    "Muon": ("lr", "momentum", "ns_steps"),
    "NoOp": (),
}
_OURS: Mapping[str, tuple[str, ...]] = {
    "AdamW": ("kahan_summation",),
    "MorehAdamW": ("amsgrad",),
    "SGD": ("kahan_summation",),
    "SGDComposite": ("kahan_summation",),
    "Muon": (*_ADAM, "kahan_summation"),
}
"""What Trainsmith reads besides.

bfloat16 is rounded in one way, `MorehAdamW` is the AdamW of all, and Muon's outer part is AdamW.
"""


def fields_with_effect(kind: str, trainer: str) -> Collection[str] | None:
    """The fields of the block that an optimizer has, besides its type.

    Args:
        kind: the optimizer's type.
        trainer: the trainer that runs it.

    Returns:
        Their names; `None` for a type that is not known.
    """
    fields = _FIELDS.get(kind)
    if fields is None or trainer != "trainsmith":
        return fields
    return (*fields, *_OURS.get(kind, ()))
