"""Optimizers, from elementwise operations on float32 arrays, in place.

What differs from step to step, such as the learning rate, is only a factor of an operation, so that
a library that compiles does not compile again. The state has the same names as PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.backends.tape.ops import Array, Ops, Shape

_MOST_STEPS = 2**24
"""Float32 counts up to here, in which PyTorch stores the number of steps."""

Tensors = Mapping[str, Array]
Shapes = Mapping[str, Shape]

OPTIMIZERS = (
    *("AdamW", "MorehAdamW", "AdamWComposite", "AdamWFullPrecision"),
    *("SGD", "SGDComposite", "NoOp"),
)
"""The optimizers that there are here."""


class Optimizer(Protocol):
    """An update rule and its state."""

    def step(self, weights: Tensors, gradients: Tensors, rate: float, decay: float) -> None:
        """Update every weight in place.

        Args:
            weights: by name.
            gradients: of the same names.
            rate: the learning rate.
            decay: the weight decay of matrices, as a multiple of the rate. Biases and the gains of
                normalisations do not decay.
        """
        ...

    def state(self) -> dict[str, Array]:
        """Everything that an exact resume needs, by name."""
        ...

    def restore(self, state: Arrays) -> None:
        """Restore what `state` returned, from the host.

        Raises:
            ValueError: it is the state of another kind of optimizer.
        """
        ...


def optimizer_for(config: OptimizerConfig, shapes: Shapes, ops: Ops) -> Optimizer:
    """The optimizer that a recipe names: one of `OPTIMIZERS`.

    Args:
        config: the optimizer's section.
        shapes: of all trained parameters, by name.
        ops: the tensor library.
    """
    if config.type in ("SGD", "SGDComposite"):
        return Sgd(config, shapes, ops)
    if config.type == "NoOp":
        return NoOp()
    return AdamW(config, shapes, ops)


class AdamW:
    """Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"."""

    def __init__(
        self,
        config: OptimizerConfig,
        shapes: Shapes,
        ops: Ops,
        scalar: Callable[[float], float] = float,
    ) -> None:
        """Begin with moments of 0.

        Args:
            config: the optimizer's section.
            shapes: of all trained parameters, by name.
            ops: the tensor library.
            scalar: what each number that is equal for all weights becomes before it is used.
        """
        self._config, self._ops, self._scalar = config, ops, scalar
        self._steps = 0
        self._mean, self._square = _zeros(shapes, ops), _zeros(shapes, ops)
        self._greatest_square = _zeros(shapes, ops) if config.amsgrad else {}

    def step(self, weights: Tensors, gradients: Tensors, rate: float, decay: float) -> None:
        """Update every weight by its mean gradient over the root of its mean squared gradient."""
        ops, config, scalar = self._ops, self._config, self._scalar
        self._steps += 1
        beta1, beta2, epsilon = map(scalar, (config.beta1, config.beta2, config.epsilon))
        rate, decay = scalar(rate), scalar(decay)
        # The running means begin at 0. These factors correct that.
        of_mean = 1 / (1 - scalar(config.beta1**self._steps))
        of_square = 1 / (1 - scalar(config.beta2**self._steps))
        for name, weight in weights.items():
            gradient, mean, square = gradients[name], self._mean[name], self._square[name]
            ops.lerp_(mean, gradient, 1 - beta1)
            ops.mul_(square, beta2)
            ops.addcmul_(square, gradient, gradient, 1 - beta2)
            if config.amsgrad:
                greatest = self._greatest_square[name]
                ops.copy_(greatest, ops.maximum(greatest, square))
                square = greatest
            size = ops.add(ops.sqrt(ops.mul(square, of_square)), epsilon)
            if _decays(weight, decay):
                ops.mul_(weight, 1 - rate * decay)
            ops.addcdiv_(weight, mean, size, -rate * of_mean)

    def state(self) -> dict[str, Array]:
        """The number of steps and the running means."""
        return {
            "step": self._ops.from_numpy(np.array(self._steps, np.float32)),
            **_prefixed("exp_avg", self._mean),
            **_prefixed("exp_avg_sq", self._square),
            **_prefixed("max_exp_avg_sq", self._greatest_square),
        }

    def restore(self, state: Arrays) -> None:
        """Restore them."""
        _restore(self.state(), state, self._ops)
        steps = float(state["step"])
        if not (steps.is_integer() and 1 <= steps < _MOST_STEPS):
            raise ValueError(f"its optimizer state has step {steps}")
        self._steps = int(steps)


class Sgd:
    """Stochastic gradient descent with momentum, as in `torch.optim.SGD`."""

    def __init__(self, config: OptimizerConfig, shapes: Shapes, ops: Ops) -> None:
        self._config, self._ops, self._shapes = config, ops, shapes
        self._momentum = derived.momentum(config)
        self._momenta: dict[str, Array] = {}

    def step(self, weights: Tensors, gradients: Tensors, rate: float, decay: float) -> None:
        """Move every weight against its gradient, or its momentum."""
        ops = self._ops
        for name, weight in weights.items():
            gradient = gradients[name]
            if _decays(weight, decay):
                gradient = ops.add(gradient, ops.mul(weight, decay))
            ops.add_(weight, ops.mul(self._direction(name, gradient), -rate))

    def state(self) -> dict[str, Array]:
        """The momenta, which there are from the first step on."""
        return _prefixed("momentum", self._momenta)

    def restore(self, state: Arrays) -> None:
        """Restore them."""
        names = self._shapes if self._momentum and state else ()
        self._momenta = _zeros({name: self._shapes[name] for name in names}, self._ops)
        _restore(self.state(), state, self._ops)

    def _direction(self, name: str, gradient: Array) -> Array:
        ops = self._ops
        if not self._momentum:
            return gradient
        if name not in self._momenta:
            self._momenta[name] = ops.mul(gradient, 1.0)  # A copy.
        else:
            ops.mul_(self._momenta[name], self._momentum)
            ops.add_(self._momenta[name], ops.mul(gradient, 1 - self._config.dampening))
        momentum = self._momenta[name]
        if self._config.nesterov:
            return ops.add(gradient, ops.mul(momentum, self._momentum))
        return momentum


class NoOp:
    """Leaves the weights unchanged, for timing everything else."""

    def step(self, weights: Tensors, gradients: Tensors, rate: float, decay: float) -> None:
        """Do nothing."""

    def state(self) -> dict[str, Array]:
        """Nothing."""
        return {}

    def restore(self, state: Arrays) -> None:
        """Refuse the state of another optimizer."""
        refuse_other_state({}, state)


def _decays(weight: Array, decay: float) -> bool:
    return decay > 0 and len(weight.shape) > 1


def _zeros(shapes: Shapes, ops: Ops) -> dict[str, Array]:
    zero = np.float32(0)
    return {name: ops.from_numpy(np.broadcast_to(zero, shape)) for name, shape in shapes.items()}


def _prefixed(kind: str, tensors: Tensors) -> dict[str, Array]:
    return {f"{kind}.{name}": tensor for name, tensor in tensors.items()}


def _restore(own: Tensors, state: Arrays, ops: Ops) -> None:
    refuse_other_state({name: tuple(tensor.shape) for name, tensor in own.items()}, state)
    for name, tensor in own.items():
        ops.copy_(tensor, ops.from_numpy(state[name]))


def refuse_other_state(own: Shapes, state: Arrays) -> None:
    """Check the names and shapes of a saved state.

    Raises:
        ValueError: they differ. The text says what was saved.
    """
    if own.keys() != state.keys():
        kinds = sorted({name.partition(".")[0] for name in state})
        raise ValueError(f"its optimizer state has {', '.join(kinds) or 'no tensors'}")
    for name, shape in own.items():
        if shape != state[name].shape:
            shapes = f"{list(state[name].shape)}, not {list(shape)}"
            raise ValueError(f"in its optimizer state, {name} is {shapes}")
