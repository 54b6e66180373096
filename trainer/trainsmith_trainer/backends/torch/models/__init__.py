"""Models in PyTorch. Parameters are named as in Hugging Face's `transformers`.

Each family has a module with its name here, and in it a `MODEL`: a class of models that is made
from a `TransformerConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

import numpy.typing as npt
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from trainsmith_schemas.families.family import UnfinishedFamilyError
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.transformer import Transformer, init_weights


def build_model(config: TransformerConfig, seed: int = 0) -> Transformer:
    """A model with random weights.

    Args:
        config: its shape; `vocab_size` is known by now, so above 0.
        seed: of the weights.

    Raises:
        UnfinishedFamilyError: this backend has no layers for the family.
    """
    model = _build(config)
    init_weights(model, seed)
    return model


def _build(config: TransformerConfig) -> Transformer:
    module = f"{__name__}.{config.model_type}"
    if find_spec(module) is None:
        raise UnfinishedFamilyError(f"PyTorch has no layers for `model_type` {config.model_type}")
    build = cast("Callable[[TransformerConfig], Transformer]", import_module(module).MODEL)
    return build(config)


def build_empty(config: TransformerConfig) -> Transformer:
    """A model for `load_weights`: its weights are not initialized, which takes seconds if large."""
    with _Uninitialized():
        return _build(config)


class _Uninitialized(TorchFunctionMode):
    """Skips the functions of `torch.nn.init`."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def load_weights(model: Transformer, weights: Mapping[str, Tensor]) -> None:
    """Give a model all of its weights; it is left as it was where they are not its own.

    The model uses the memory of the weights, if PyTorch would allocate the same for its own.

    Raises:
        ValueError: a name or a shape is not the model's. The text says what differs.
    """
    own = dict(model.named_parameters())
    refuse_others(own, weights)
    for name, parameter in own.items():
        if _is_alike(weights[name], parameter):
            parameter.data = weights[name]
        else:
            parameter.data.copy_(weights[name])


def _is_alike(given: Tensor, own: Tensor) -> bool:
    """Whether one tensor can take the place of another, with the same results to the last bit.

    MKL may round otherwise if a matrix is transposed, or if its address is not a multiple of 64.
    """
    return (
        (given.dtype, given.device) == (own.dtype, own.device)
        and given.is_contiguous()
        and given.data_ptr() % 64 == 0
    )


@torch.no_grad()
def load_parameters(own: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Copy new values into all of some parameters; `load_weights` has the same errors."""
    refuse_others(own, weights)
    for name, parameter in own.items():
        parameter.copy_(weights[name])


def refuse_others(
    own: Mapping[str, Tensor], weights: Mapping[str, Tensor] | Mapping[str, npt.NDArray[Any]]
) -> None:
    """Compare the names and shapes of weights with those of a model's own parameters.

    Raises:
        ValueError: one differs. The text says which.
    """
    if own.keys() != weights.keys():
        different = sorted(own.keys() ^ weights.keys())
        raise ValueError(f"the weights are of another model: {', '.join(different[:5])} differ")
    for name, parameter in own.items():
        if parameter.shape != weights[name].shape:
            shapes = f"{list(weights[name].shape)}, not {list(parameter.shape)}"
            raise ValueError(f"the weights are of another model: {name} is {shapes}")
