"""Models in PyTorch. Parameters are named as in Hugging Face's `transformers`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from trainsmith_schemas.families.family import UnfinishedFamilyError
from trainsmith_schemas.families.names import assert_never
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.gpt2 import Gpt2
from trainsmith_trainer.backends.torch.models.llama import Llama
from trainsmith_trainer.backends.torch.models.qwen3 import Qwen3
from trainsmith_trainer.backends.torch.models.transformer import Transformer


def build_model(config: TransformerConfig) -> Transformer:
    """A model with random weights, from PyTorch's global random state.

    Args:
        config: its shape; `vocab_size` is known by now, so above 0.
    """
    name = config.model_type
    match name:
        case "gpt2":
            return Gpt2(config)
        case "llama":
            return Llama(config)
        case "qwen3":
            return Qwen3(config)
        case "deepseek":
            raise UnfinishedFamilyError(f"PyTorch has no layers for `model_type` {name} here")
        case _:
            return assert_never(name)


@torch.no_grad()
def load_weights(model: Transformer, weights: Mapping[str, Tensor]) -> None:
    """Give a model all of its weights; it is left as it was where they are not its own.

    Raises:
        ValueError: a name or a shape is not the model's. The text says what differs.
    """
    own = dict(model.named_parameters())
    if own.keys() != weights.keys():
        different = sorted(own.keys() ^ weights.keys())
        raise ValueError(f"the weights are of another model: {', '.join(different[:5])} differ")
    for name, parameter in own.items():
        if parameter.shape != weights[name].shape:
            shapes = f"{list(weights[name].shape)}, not {list(parameter.shape)}"
            raise ValueError(f"the weights are of another model: {name} is {shapes}")
    for name, parameter in own.items():
        parameter.copy_(weights[name])
