"""Applying an update rule to a model's parameters, in float32 or bfloat16."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_trainer.backends.torch.update_rules import copy_state, rule_for

Parameters = Mapping[str, nn.Parameter]


class Optimizer:
    """Updates parameters with their gradients.

    Weight decay applies to matrices only: decaying a bias, or the gain of a normalisation, does not
    make the model simpler.
    """

    def __init__(
        self,
        parameters: Parameters,
        config: OptimizerConfig,
        *,
        weight_decay: float,
        kahan: bool = False,
        inner: Collection[str] = (),
    ) -> None:
        """Start with an empty state.

        Args:
            parameters: all trainable parameters, either in float32 or in bfloat16.
            config: the optimizer.
            weight_decay: per step, as a multiple of the learning rate.
            kahan: carry the rounding error of bfloat16 into the next step (Kahan 1965).
            inner: names of the parameters inside the model's blocks.
        """
        self._parameters = parameters
        self._weight_decay = weight_decay
        parts = {name: local(tensor.detach()) for name, tensor in parameters.items()}
        self._rule = rule_for(config, parts, inner)
        self._rounds = any(tensor.dtype != torch.float32 for tensor in parameters.values())
        masters = self._rounds and config.type == "AdamWFullPrecision"
        self._masters = {name: part.float() for name, part in parts.items()} if masters else {}
        self._rounding_errors = (
            {name: torch.zeros_like(part) for name, part in parts.items()}
            if self._rounds and kahan and not masters
            else {}
        )

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update every parameter."""
        self._rule.begin_step()
        for names, decay in self._groups():
            if self._rounds:
                for name in names:
                    self._step_rounded(name, learning_rate, decay)
            else:
                weights = {name: local(self._parameters[name].detach()) for name in names}
                gradients = {name: _gradient(self._parameters[name]) for name in names}
                self._rule.update(weights, gradients, learning_rate, decay)

    def state(self) -> dict[str, Tensor]:
        """Everything that an exact resume needs, by name."""
        return {
            **self._rule.state(),
            **{f"master.{name}": tensor for name, tensor in self._masters.items()},
            **{f"kahan.{name}": tensor for name, tensor in self._rounding_errors.items()},
        }

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned.

        Raises:
            ValueError: it is the state of another kind of optimizer.
        """
        own = ("master.", "kahan.")
        self._rule.restore({name: t for name, t in state.items() if not name.startswith(own)})
        copy_state(
            {name: t for name, t in self.state().items() if name.startswith(own)},
            {name: t for name, t in state.items() if name.startswith(own)},
        )

    def _step_rounded(self, name: str, learning_rate: float, decay: float) -> None:
        """Compute in float32, and round to the parameter's precision."""
        part = local(self._parameters[name].detach())
        gradient = _gradient(self._parameters[name])
        exact = self._masters[name] if self._masters else part.float()
        if self._rounding_errors:
            exact += self._rounding_errors[name]
        self._rule.update({name: exact}, {name: gradient.float()}, learning_rate, decay)
        part.copy_(exact)
        if self._rounding_errors:
            self._rounding_errors[name].copy_(exact - part)

    def _groups(self) -> Iterator[tuple[list[str], float]]:
        """Names of parameters that share a weight decay."""
        matrices = [name for name, tensor in self._parameters.items() if tensor.dim() >= 2]
        others = [name for name, tensor in self._parameters.items() if tensor.dim() < 2]
        yield from (
            (names, decay)
            for names, decay in ((matrices, self._weight_decay), (others, 0.0))
            if names
        )


def local(tensor: Tensor) -> Tensor:
    """The part of a tensor on this rank: all of it, unless FSDP has divided it."""
    return cast("Any", tensor).to_local() if hasattr(tensor, "to_local") else tensor


def _gradient(parameter: nn.Parameter) -> Tensor:
    return local(cast("Tensor", parameter.grad))
