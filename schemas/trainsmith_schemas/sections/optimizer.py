"""`training_config.optimizer`: the optimizer and its hyperparameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, Number, ReadBy, Section, Typical

_EVERYWHERE = ReadBy("trainsmith", "tt-train")


class OptimizerConfig(Section):
    """The optimizer and its hyperparameters, in tt-train's nested format.

    A value here overrides the corresponding flat key in `training_config`.
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
            ("AdamW", "the usual choice for transformers"),
            ("MorehAdamW", "AdamW, in another ttnn kernel"),
            ("AdamWComposite", "AdamW, in a ttnn kernel with Kahan summation"),
            ("AdamWFullPrecision", "AdamW with a float32 copy of bfloat16 weights"),
            ("SGD", "stochastic gradient descent"),
            ("SGDComposite", "SGD, in another ttnn kernel"),
            ("Muon", "orthogonalised updates of the matrices in the blocks"),
            ("NoOp", "leaves the weights unchanged"),
        ),
        _EVERYWHERE,
    ] = "AdamW"
    """The optimizer that updates the weights.

    `AdamW` is the usual choice for transformers. `MorehAdamW` and `AdamWComposite` are the same
    algorithm in other ttnn kernels, and `AdamWFullPrecision` also keeps a float32 copy of bfloat16
    weights. `Muon` orthogonalises the updates of the matrices in the blocks and uses AdamW for all
    other weights. `NoOp` leaves the weights unchanged.
    """

    lr: Annotated[
        Number | None,
        Field(gt=0),
        Typical(1e-5, 3e-4),
        Examples((1.0e-4, "fine-tuning"), (3.0e-4, "training from scratch")),
        _EVERYWHERE,
    ] = None
    """The learning rate: how far each step moves the weights.

    Defaults to `training_config.learning_rate`.
    """

    beta1: Annotated[Number, Field(ge=0, lt=1), Typical(0.9, 0.95), _EVERYWHERE] = 0.9
    """The decay rate of Adam's first moment, the running mean of the gradient."""

    beta2: Annotated[Number, Field(ge=0, lt=1), Typical(0.95, 0.999), _EVERYWHERE] = 0.999
    """The decay rate of Adam's second moment, the running mean of the squared gradient."""

    epsilon: Annotated[Number, Field(gt=0), Examples(1.0e-8), _EVERYWHERE] = 1e-8
    """The constant that keeps Adam from dividing by zero. tt-train ignores the spelling `eps`."""

    weight_decay: Annotated[Number | None, Field(ge=0), Typical(0.0, 0.1), _EVERYWHERE] = None
    """How strongly each step pulls the weights towards zero.

    Only matrices and embeddings decay; biases and norms do not. AdamW decouples the decay from the
    gradient; SGD adds it to the gradient. Defaults to `training_config.weight_decay`.
    """

    amsgrad: Annotated[Flag, _EVERYWHERE] = False
    """Use the AMSGrad variant of Adam, which is rarely worth its memory."""

    stochastic_rounding: Annotated[Flag, _EVERYWHERE] = False
    """Round bfloat16 updates up or down at random, so that small updates are not lost.

    Of tt-train's optimizers, only the fused `AdamW` supports it. In Trainsmith, the backends `ttnn`
    and `numpy` do with `precision: bf16`; with PyTorch, weights stay `fp32`.
    """

    kahan_summation: Annotated[Flag, _EVERYWHERE] = False
    """Carry the error of rounding each update to bfloat16 over into the next update.

    Either this key or `training_config.use_kahan_summation` turns it on. Of tt-train's optimizers,
    only `AdamWComposite` supports it; `MorehAdamW` stops the run.
    """

    momentum: Annotated[
        Number | None, Field(ge=0, lt=1), Typical(0.0, 0.95), Examples(0.9, 0.95), _EVERYWHERE
    ] = None
    """The momentum of SGD and Muon: the fraction of the previous update that is kept.

    Defaults to `0.0` for SGD and `0.95` for Muon.
    """

    dampening: Annotated[Number, Field(ge=0, lt=1), _EVERYWHERE] = 0.0
    """How much SGD damps the gradient before adding it to the momentum."""

    nesterov: Annotated[Flag, _EVERYWHERE] = False
    """Use Nesterov momentum in SGD."""

    ns_steps: Annotated[Integer, Field(ge=1), Examples(5), _EVERYWHERE] = 5
    """The number of Newton-Schulz iterations with which Muon orthogonalises an update."""


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
"""What Trainsmith reads in addition.

Kahan summation does not depend on a kernel here, `MorehAdamW` is plain AdamW, and Muon uses AdamW
outside the blocks.
"""


def fields_with_effect(kind: str, trainer: str) -> Collection[str] | None:
    """The keys of the section that affect an optimizer, besides its type.

    Args:
        kind: the optimizer's type.
        trainer: the trainer that runs it.

    Returns:
        The names of the keys, or `None` if the type is unknown.
    """
    fields = _FIELDS.get(kind)
    if fields is None or trainer != "trainsmith":
        return fields
    return (*fields, *_OURS.get(kind, ()))
