"""Parts of a block for one token at a time, without what only batches and gradients need.

Writing text is thousands of small steps, in which calling modules costs as much as their products.
A test holds each family's steps to its `forward`.
"""

from __future__ import annotations

from typing import Protocol, cast

from torch import Tensor, nn
from torch.nn import functional

from trainsmith_trainer.backends.torch.models.transformer import LayerCache


class Affine(Protocol):
    """A linear layer, whose result may be added to another vector."""

    def __call__(self, vector: Tensor, residual: Tensor | None = None) -> Tensor:
        """Map (1, in) to (1, out)."""
        ...


def affine(layer: nn.Linear) -> Affine:
    """A linear layer for one vector."""
    weight, bias = layer.weight, cast("Tensor | None", layer.bias)

    def apply(vector: Tensor, residual: Tensor | None = None) -> Tensor:
        # Without a bias it is a product of a matrix and a vector, which is faster than one of two
        # matrices: writing is reading the weights.
        mapped = functional.linear(vector, weight)
        if bias is not None:
            mapped += bias
        if residual is not None:
            mapped += residual
        return mapped

    return apply


def attend_to_past(
    queries: Tensor, keys: Tensor, values: Tensor, position: int, cache: LayerCache
) -> Tensor:
    """Attention of one token to itself and everything before it.

    Args:
        queries: (1, key heads, queries that share one, head size).
        keys: of this token, (1, key heads, 1, head size).
        values: the same.
        position: the token's.
        cache: what is known of the tokens before it; this one is added.

    Returns:
        (1, width)
    """
    keys, values = cache.extend(position, keys, values)
    return functional.scaled_dot_product_attention(queries, keys, values).flatten(1)
