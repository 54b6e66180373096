"""Low-rank adaptation: small trained matrices beside frozen linear layers.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models". Initial values, scaling and
dropout are those of Hugging Face's PEFT, and so are the names, without its prefixes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from trainsmith_schemas.meaning.lora import LORA_A, LORA_B, adapted_layers, scale
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_trainer.backends.torch.low_rank_linear import low_rank_linear
from trainsmith_trainer.backends.torch.models import load_parameters
from trainsmith_trainer.backends.torch.models.transformer import Dropout, Transformer

Weights = Mapping[str, Tensor]


class LoraLinear(nn.Linear):
    """A frozen linear layer, plus `scale · B · A · dropout(x)`, where A and B are trained.

    The trained parameters are float32. The frozen weight may be bfloat16: then A and B compute in
    float32, and the sum is rounded to bfloat16.
    """

    def __init__(self, base: nn.Linear, lora: LoraConfig) -> None:
        """Adapt a layer, whose parameters are shared.

        Args:
            base: the layer.
            lora: B is zero at first, so the layer's output does not change. A is random, from
                PyTorch's global random state.
        """
        super().__init__(base.in_features, base.out_features, bias=False, device="meta")
        self.weight = base.weight
        self.bias = base.bias
        if lora.is_bias_trainable and self.bias is not None:  # pyright: ignore
            self.bias = nn.Parameter(self.bias.detach().float())
        device = base.weight.device
        self.lora_A = nn.Linear(base.in_features, lora.r, bias=False, device=device)
        self.lora_B = nn.Linear(lora.r, base.out_features, bias=False, device=device)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.drop = Dropout(lora.lora_dropout)
        self.scale = scale(lora)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002, PyTorch's name
        """(…, in) → (…, out)."""
        bias = cast("Tensor | None", self.bias)
        dropped = self.drop(input)
        return low_rank_linear(
            input,
            None if dropped is input else dropped,
            self.weight,
            bias,
            self.lora_A.weight,
            self.lora_B.weight,
            self.scale,
        )


def without_matrices(weights: Weights) -> dict[str, Tensor]:
    """The weights of the model itself."""
    added = (LORA_A, LORA_B)
    return {name: tensor for name, tensor in weights.items() if not name.endswith(added)}


def add_adapters(model: Transformer, lora: LoraConfig, given: Weights) -> dict[str, nn.Parameter]:
    """Freeze a model, and adapt the layers that the recipe names.

    Args:
        model: it is changed; its parameters have their final precision.
        lora: the recipe's section, which fits the model.
        given: the initial values of trained parameters, among others; absent ones are new.

    Returns:
        The trained parameters by name.
    """
    model.requires_grad_(False)
    for name in adapted_layers(lora, model.config):
        parent, _, own = name.rpartition(".")
        layer = LoraLinear(cast("nn.Linear", model.get_submodule(name)), lora)
        setattr(model.get_submodule(parent), own, layer)
        layer.lora_A.requires_grad_(True)
        layer.lora_B.requires_grad_(True)
        if lora.is_bias_trainable and layer.bias is not None:  # pyright: ignore
            layer.bias.requires_grad_(True)
    trained = {name: one for name, one in model.named_parameters() if one.requires_grad}
    # Trained biases too: the model's own may have been rounded.
    known = {name: given[name] for name in trained if name in given}
    load_parameters({name: trained[name] for name in known}, known)
    return trained
