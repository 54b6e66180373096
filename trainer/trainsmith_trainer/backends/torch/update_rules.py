"""Update rules for float32 weights: AdamW, SGD, Muon.

Constructing any class of `torch.optim` imports PyTorch's compiler, which takes longer than
everything else before the first step. The kernels themselves do not need it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Protocol

import torch
from torch import Tensor

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.optimizer import OptimizerConfig

Shapes = Mapping[str, Tensor]
"""Tensors by name; only their shapes and their device are used."""
Weights = Mapping[str, Tensor]
Gradients = Mapping[str, Tensor]


class UpdateRule(Protocol):
    """An optimizer's mathematics and its state. All tensors are float32."""

    def begin_step(self) -> None:
        """Count a step; `update` follows for all weights, in one call or in several."""
        ...

    def update(self, weights: Weights, gradients: Gradients, rate: float, decay: float) -> None:
        """Update some weights in place."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Everything that an exact resume needs, by name."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned.

        Raises:
            ValueError: it is the state of another rule.
        """
        ...


def rule_for(config: OptimizerConfig, shapes: Shapes, inner: Collection[str]) -> UpdateRule:
    """The rule that a config names; tt-train's kernel variants have the same mathematics here.

    Args:
        config: the optimizer.
        shapes: every trainable parameter.
        inner: names of those inside the model's blocks, which Muon treats differently.
    """
    if config.type in ("SGD", "SGDComposite"):
        return _Sgd(config, shapes)
    if config.type == "Muon":
        return _Muon(config, shapes, inner)
    if config.type == "NoOp":
        return _NoOp()
    return _AdamW(config, shapes)


def fused_adamw(device: torch.device) -> bool:
    """Whether PyTorch has its fused kernel, which is private; plain operations replace it."""
    return hasattr(torch, "_fused_adamw_") and device.type in ("cpu", "cuda")


class _AdamW:
    """Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"."""

    def __init__(self, config: OptimizerConfig, shapes: Shapes) -> None:
        device = next(iter(shapes.values())).device if shapes else torch.device("cpu")
        self._config = config
        self._steps = torch.zeros((), device=device)
        self._mean = _zeros(shapes)
        self._square = _zeros(shapes)
        self._greatest_square = _zeros(shapes) if config.amsgrad else {}
        self._fused = fused_adamw(device)

    def begin_step(self) -> None:
        self._steps += 1

    def update(self, weights: Weights, gradients: Gradients, rate: float, decay: float) -> None:
        if self._fused:
            self._update_fused(weights, gradients, rate, decay)
        else:
            self._update_plainly(weights, gradients, rate, decay)

    def state(self) -> dict[str, Tensor]:
        return {
            "step": self._steps,
            **_prefixed("exp_avg", self._mean),
            **_prefixed("exp_avg_sq", self._square),
            **_prefixed("max_exp_avg_sq", self._greatest_square),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        copy_state(self.state(), state)

    def _update_fused(
        self, weights: Weights, gradients: Gradients, rate: float, decay: float
    ) -> None:
        torch._fused_adamw_(  # pyright: ignore
            list(weights.values()),
            [gradients[name] for name in weights],
            [self._mean[name] for name in weights],
            [self._square[name] for name in weights],
            [self._greatest_square[name] for name in weights if self._config.amsgrad],
            [self._steps] * len(weights),
            amsgrad=self._config.amsgrad,
            lr=rate,
            beta1=self._config.beta1,
            beta2=self._config.beta2,
            weight_decay=decay,
            eps=self._config.epsilon,
            maximize=False,
        )

    def _update_plainly(
        self, weights: Weights, gradients: Gradients, rate: float, decay: float
    ) -> None:
        config, steps = self._config, self._steps.item()
        for name, weight in weights.items():
            gradient, mean, square = gradients[name], self._mean[name], self._square[name]
            mean.lerp_(gradient, 1 - config.beta1)
            square.mul_(config.beta2).addcmul_(gradient, gradient, value=1 - config.beta2)
            if config.amsgrad:
                square = self._greatest_square[name].copy_(
                    torch.maximum(self._greatest_square[name], square)
                )
            size = (square / (1 - config.beta2**steps)).sqrt_().add_(config.epsilon)
            weight.mul_(1 - rate * decay)
            weight.addcdiv_(mean, size, value=-rate / (1 - config.beta1**steps))


class _Sgd:
    """Stochastic gradient descent with momentum, as in `torch.optim.SGD`."""

    def __init__(self, config: OptimizerConfig, shapes: Shapes) -> None:
        self._config = config
        self._shapes = shapes
        self._momentum = derived.momentum(config)
        self._momenta: dict[str, Tensor] = {}

    def begin_step(self) -> None:
        pass

    def update(self, weights: Weights, gradients: Gradients, rate: float, decay: float) -> None:
        for name, weight in weights.items():
            gradient = gradients[name].add(weight, alpha=decay)
            weight.sub_(self._direction(name, gradient), alpha=rate)

    def state(self) -> dict[str, Tensor]:
        return _prefixed("momentum", self._momenta)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        names = self._shapes if self._momentum and state else ()
        self._momenta = _zeros({name: self._shapes[name] for name in names})
        copy_state(self.state(), state)

    def _direction(self, name: str, gradient: Tensor) -> Tensor:
        if not self._momentum:
            return gradient
        if name not in self._momenta:
            self._momenta[name] = gradient.clone()
        else:
            new = 1 - self._config.dampening
            self._momenta[name].mul_(self._momentum).add_(gradient, alpha=new)
        momentum = self._momenta[name]
        return gradient.add(momentum, alpha=self._momentum) if self._config.nesterov else momentum


class _Muon:
    """Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".

    The matrices inside the blocks are updated with their orthogonalized momentum; everything else,
    including the embeddings and the output layer, with AdamW. Steps are as large as AdamW's (Liu et
    al. 2025, "Muon is scalable for LLM training"), so that one learning rate fits both.
    """

    _COEFFICIENTS = (3.4445, -4.7750, 2.0315)
    _SIZE = 0.2
    """The usual root mean square of an AdamW step, as a multiple of the learning rate."""

    def __init__(self, config: OptimizerConfig, shapes: Shapes, inner: Collection[str]) -> None:
        matrices = {name for name in inner if shapes[name].dim() == 2}
        self._config = config
        self._momentum = derived.momentum(config)
        self._momenta = _zeros({name: shapes[name] for name in shapes if name in matrices})
        self._others = _AdamW(
            config, {name: shapes[name] for name in shapes if name not in matrices}
        )

    def begin_step(self) -> None:
        self._others.begin_step()

    def update(self, weights: Weights, gradients: Gradients, rate: float, decay: float) -> None:
        others = {name: weight for name, weight in weights.items() if name not in self._momenta}
        if others:
            self._others.update(others, gradients, rate, decay)
        for name in weights.keys() - others.keys():
            gradient, momentum, weight = gradients[name], self._momenta[name], weights[name]
            momentum.lerp_(gradient, 1 - self._momentum)
            direction = self._orthogonal(gradient.lerp(momentum, self._momentum))
            weight.mul_(1 - rate * decay)
            weight.sub_(direction, alpha=rate * self._SIZE * math.sqrt(max(weight.shape)))

    def state(self) -> dict[str, Tensor]:
        return {**_prefixed("momentum", self._momenta), **self._others.state()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        copy_state(self.state(), state)

    def _orthogonal(self, matrix: Tensor) -> Tensor:
        """The matrix with all its singular values near 1, by the Newton-Schulz iteration."""
        first, third, fifth = self._COEFFICIENTS
        wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
        wide = wide / wide.norm().clamp(min=1e-7)
        for _ in range(self._config.ns_steps):
            gram = wide @ wide.T
            mixed = torch.addmm(gram, gram, gram, beta=third, alpha=fifth)
            wide = torch.addmm(wide, mixed, wide, beta=first)
        return wide if matrix.shape[0] <= matrix.shape[1] else wide.T


class _NoOp:
    """Leaves the weights unchanged, for timing everything else."""

    def begin_step(self) -> None:
        pass

    def update(self, weights: Weights, gradients: Gradients, rate: float, decay: float) -> None:
        pass

    def state(self) -> dict[str, Tensor]:
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        copy_state({}, state)


def copy_state(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Copy the values of a saved state into tensors of the same names.

    Raises:
        ValueError: the names or shapes differ. The text says what was saved.
    """
    if own.keys() != given.keys():
        kinds = sorted({name.partition(".")[0] for name in given})
        raise ValueError(f"its optimizer state has {', '.join(kinds) or 'no tensors'}")
    for name, tensor in own.items():
        if tensor.shape != given[name].shape:
            shapes = f"{list(given[name].shape)}, not {list(tensor.shape)}"
            raise ValueError(f"in its optimizer state, {name} is {shapes}")
    for name, tensor in own.items():
        tensor.copy_(given[name])


def _prefixed(kind: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{kind}.{name}": tensor for name, tensor in tensors.items()}


def _zeros(shapes: Shapes) -> dict[str, Tensor]:
    return {
        name: torch.zeros_like(shape, dtype=torch.float32, requires_grad=False)
        for name, shape in shapes.items()
    }
