"""Optimizers on PyTorch's kernels, with their state in plain, named tensors.

Constructing any class of `torch.optim` imports PyTorch's compiler, which takes longer than
everything else before the first step. The kernels themselves need none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from trainsmith_schemas.optimizer import OptimizerConfig

Parameters = Mapping[str, nn.Parameter]


class Optimizer(Protocol):
    """Moves parameters along their gradients."""

    def step(self, learning_rate: float) -> None:
        """Update every parameter."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Everything that must be kept to go on exactly."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Remember what `state` gave.

        Raises:
            ValueError: it is the memory of another kind of optimizer.
        """
        ...


def build_optimizer(
    parameters: Parameters, config: OptimizerConfig, weight_decay: float
) -> Optimizer:
    """The optimizer that a config names.

    Weight decay concerns matrices only: pulling a bias, or the gain of a normalisation, towards
    zero makes nothing simpler.
    """
    if config.type in ("SGD", "SGDComposite"):
        return _Sgd(parameters, config, weight_decay)
    if config.type == "NoOp":
        return _NoOp()
    return AdamW(parameters, config, weight_decay)


def fused_adamw(device: torch.device) -> bool:
    """Whether PyTorch's fused kernel is there. It is private and may go; plain operations stay."""
    return hasattr(torch, "_fused_adamw_") and device.type in ("cpu", "cuda")


class AdamW:
    """Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"."""

    def __init__(
        self, parameters: Parameters, config: OptimizerConfig, weight_decay: float
    ) -> None:
        first = next(iter(parameters.values()))
        self._config = config
        self._parameters = parameters
        self._weight_decay = weight_decay
        self._steps = torch.zeros((), device=first.device)
        self._mean = _zeros_like(parameters)
        self._square = _zeros_like(parameters)
        self._greatest_square = _zeros_like(parameters) if config.amsgrad else {}
        self.fused = fused_adamw(first.device)

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter."""
        self._steps += 1
        for names, decay in _groups(self._parameters, self._weight_decay):
            if self.fused:
                self._fused_step(names, decay, learning_rate)
            else:
                self._plain_step(names, decay, learning_rate)

    def state(self) -> dict[str, Tensor]:
        """The moments of each parameter, and how many steps went into them."""
        moments = {
            "exp_avg": self._mean,
            "exp_avg_sq": self._square,
            "max_exp_avg_sq": self._greatest_square,
        }
        named = {
            f"{moment}.{name}": tensor
            for moment, tensors in moments.items()
            for name, tensor in tensors.items()
        }
        return {"step": self._steps, **named}

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Remember what `state` gave."""
        own = self.state()
        _require_same_names(own, state)
        for name, tensor in own.items():
            tensor.copy_(state[name])

    def _fused_step(self, names: list[str], decay: float, learning_rate: float) -> None:
        torch._fused_adamw_(  # pyright: ignore
            [self._parameters[name] for name in names],
            [_gradient(self._parameters[name]) for name in names],
            [self._mean[name] for name in names],
            [self._square[name] for name in names],
            [self._greatest_square[name] for name in names if self._config.amsgrad],
            [self._steps] * len(names),
            amsgrad=self._config.amsgrad,
            lr=learning_rate,
            beta1=self._config.beta1,
            beta2=self._config.beta2,
            weight_decay=decay,
            eps=self._config.epsilon,
            maximize=False,
        )

    def _plain_step(self, names: list[str], decay: float, learning_rate: float) -> None:
        config, steps = self._config, self._steps.item()
        for name in names:
            parameter, mean, square = self._parameters[name], self._mean[name], self._square[name]
            gradient = _gradient(parameter)
            mean.lerp_(gradient, 1 - config.beta1)
            square.mul_(config.beta2).addcmul_(gradient, gradient, value=1 - config.beta2)
            if config.amsgrad:
                square = self._greatest_square[name].copy_(
                    torch.maximum(self._greatest_square[name], square)
                )
            size = (square / (1 - config.beta2**steps)).sqrt_().add_(config.epsilon)
            parameter.mul_(1 - learning_rate * decay)
            parameter.addcdiv_(mean, size, value=-learning_rate / (1 - config.beta1**steps))


class _Sgd:
    """Stochastic gradient descent with momentum, as `torch.optim.SGD` has it."""

    def __init__(
        self, parameters: Parameters, config: OptimizerConfig, weight_decay: float
    ) -> None:
        self._config = config
        self._parameters = parameters
        self._weight_decay = weight_decay
        self._momenta: dict[str, Tensor] = {}

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        for names, decay in _groups(self._parameters, self._weight_decay):
            for name in names:
                parameter = self._parameters[name]
                gradient = _gradient(parameter).add(parameter, alpha=decay)
                parameter.sub_(self._direction(name, gradient), alpha=learning_rate)

    def state(self) -> dict[str, Tensor]:
        return {f"momentum.{name}": momentum for name, momentum in self._momenta.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        names = self._parameters if self._config.momentum and state else ()
        _require_same_names({f"momentum.{name}" for name in names}, state)
        for name in names:
            device = self._parameters[name].device
            self._momenta[name] = state[f"momentum.{name}"].to(device, copy=True)

    def _direction(self, name: str, gradient: Tensor) -> Tensor:
        config = self._config
        if not config.momentum:
            return gradient
        if name not in self._momenta:
            self._momenta[name] = gradient.clone()
        else:
            self._momenta[name].mul_(config.momentum).add_(gradient, alpha=1 - config.dampening)
        momentum = self._momenta[name]
        return gradient.add(momentum, alpha=config.momentum) if config.nesterov else momentum


class _NoOp:
    """Leaves the weights alone: for timing everything else."""

    def step(self, learning_rate: float) -> None:
        pass

    def state(self) -> dict[str, Tensor]:
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        _require_same_names((), state)


def _require_same_names(own: Iterable[str], given: Iterable[str]) -> None:
    if set(own) != set(given):
        kinds = sorted({name.partition(".")[0] for name in given})
        raise ValueError(f"it remembers {', '.join(kinds) or 'nothing'}")


def _groups(parameters: Parameters, weight_decay: float) -> Iterator[tuple[list[str], float]]:
    """Names of parameters that share a weight decay."""
    matrices = [name for name, parameter in parameters.items() if parameter.dim() >= 2]
    others = [name for name, parameter in parameters.items() if parameter.dim() < 2]
    yield from (
        (names, decay) for names, decay in ((matrices, weight_decay), (others, 0.0)) if names
    )


def _zeros_like(parameters: Parameters) -> dict[str, Tensor]:
    return {name: torch.zeros_like(parameter) for name, parameter in parameters.items()}


def _gradient(parameter: nn.Parameter) -> Tensor:
    return cast("Tensor", parameter.grad)
