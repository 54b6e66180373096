"""Weights that are bfloat16 numbers, and how their small updates survive.

A bfloat16 has about three decimal digits: 1 − 0.0001 is rounded to 1. Arrays stay float32 here, so
rounding takes no less memory; what is learned is what a trainer with bfloat16 weights learns.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.backends.tape.ops import Array, Ops
from trainsmith_trainer.backends.tape.optimizers import (
    Optimizer,
    Shapes,
    Tensors,
    refuse_other_state,
)
from trainsmith_trainer.backends.tape.randomness import Draws

Way = Literal["nearest", "carried", "random"]
"""To the nearest bfloat16; the same, with the error carried into the next step (Kahan 1965); or to
one of the two around a number, at random, so that the mean is exact."""

_PREFIX = "kahan."
"""PyTorch's optimizer state has the same names."""


def way_of(training: TrainingConfig) -> Way | None:
    """How a recipe wants updates to be rounded; `None` if weights stay float32."""
    exact = training.optimizer is not None and training.optimizer.type == "AdamWFullPrecision"
    if training.precision != "bf16" or exact:
        return None
    if derived.carries_rounding(training):
        return "carried"
    return "random" if derived.rounds_at_random(training) else None


class RoundedWeights:
    """An optimizer whose weights are bfloat16 numbers after each step."""

    def __init__(
        self, optimizer: Optimizer, shapes: Shapes, ops: Ops, way: Way, draws: Draws
    ) -> None:
        """Begin without errors to carry.

        Args:
            optimizer: takes the steps.
            shapes: of all trained parameters, by name.
            ops: the tensor library.
            way: how to round.
            draws: the run's random draws.
        """
        self._optimizer, self._ops, self._way, self._draws = optimizer, ops, way, draws
        zero = np.float32(0)
        carried = shapes.items() if way == "carried" else ()
        self._errors: dict[str, Array] = {
            name: ops.from_numpy(np.broadcast_to(zero, shape)) for name, shape in carried
        }

    def step(self, weights: Tensors, gradients: Tensors, rate: float, decay: float) -> None:
        """Take a step from the exact weights, as far as they are known, and round."""
        ops = self._ops
        for name, error in self._errors.items():
            ops.add_(weights[name], error)
        self._optimizer.step(weights, gradients, rate, decay)
        for name, weight in weights.items():
            rounded = self._rounded(weight)
            if self._errors:
                ops.copy_(self._errors[name], ops.sub(weight, rounded))
            ops.copy_(weight, rounded)

    def state(self) -> dict[str, Array]:
        """The optimizer's state and the errors."""
        errors = {_PREFIX + name: error for name, error in self._errors.items()}
        return {**self._optimizer.state(), **errors}

    def restore(self, state: Arrays) -> None:
        """Restore them."""
        errors = {name: array for name, array in state.items() if name.startswith(_PREFIX)}
        self._optimizer.restore({n: array for n, array in state.items() if n not in errors})
        own = {_PREFIX + name: tuple(error.shape) for name, error in self._errors.items()}
        refuse_other_state(own, errors)
        for name, error in self._errors.items():
            self._ops.copy_(error, self._ops.from_numpy(errors[_PREFIX + name]))

    def _rounded(self, weight: Array) -> Array:
        if self._way == "random":
            return self._ops.rounded_at_random(weight, self._draws.seed())
        return self._ops.rounded(weight)
