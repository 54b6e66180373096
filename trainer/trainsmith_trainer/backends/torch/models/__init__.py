"""Models in PyTorch. Parameters are named as in Hugging Face's `transformers`.

Each family has a module with its name here, and in it a `MODEL`: a class of models that is made
from a `TransformerConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import cast

import torch
from torch import Tensor

from trainsmith_schemas.families.family import UnfinishedFamilyError
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.transformer import Transformer


def build_model(config: TransformerConfig) -> Transformer:
    """A model with random weights, from PyTorch's global random state.

    Args:
        config: its shape; `vocab_size` is known by now, so above 0.

    Raises:
        UnfinishedFamilyError: this backend has no layers for the family.
    """
    module = f"{__name__}.{config.model_type}"
    if find_spec(module) is None:
        raise UnfinishedFamilyError(f"PyTorch has no layers for `model_type` {config.model_type}")
    build = cast("Callable[[TransformerConfig], Transformer]", import_module(module).MODEL)
    return build(config)


def load_weights(model: Transformer, weights: Mapping[str, Tensor]) -> None:
    """Give a model all of its weights; it is left as it was where they are not its own.

    Raises:
        ValueError: a name or a shape is not the model's. The text says what differs.
    """
    load_parameters(dict(model.named_parameters()), weights)


@torch.no_grad()
def load_parameters(own: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Give all of some parameters new values, as `load_weights` does."""
    if own.keys() != weights.keys():
        different = sorted(own.keys() ^ weights.keys())
        raise ValueError(f"the weights are of another model: {', '.join(different[:5])} differ")
    for name, parameter in own.items():
        if parameter.shape != weights[name].shape:
            shapes = f"{list(weights[name].shape)}, not {list(parameter.shape)}"
            raise ValueError(f"the weights are of another model: {name} is {shapes}")
    for name, parameter in own.items():
        parameter.copy_(weights[name])
