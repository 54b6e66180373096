"""Parts of a block for one token at a time, without what only batches and gradients need.

Generating text takes thousands of small steps, in which calling modules costs as much as their
matrix products. A test compares each family's steps with its `forward`.
"""

from __future__ import annotations

from typing import Protocol, cast

from torch import Tensor, nn
from torch.nn import functional

from trainsmith_trainer.backends.torch.models.transformer import LayerCache


class Affine(Protocol):
    """A linear layer whose result may be added to a residual."""

    def __call__(self, vector: Tensor, residual: Tensor | None = None) -> Tensor:
        """Map (1, in) to (1, out)."""
        ...


def affine(layer: nn.Linear) -> Affine:
    """A linear layer for one vector."""
    weight, bias = layer.weight, cast("Tensor | None", layer.bias)

    def apply(vector: Tensor, residual: Tensor | None = None) -> Tensor:
        # Without a bias, PyTorch multiplies a matrix by a vector, which is faster than multiplying
        # two matrices: most of the time goes into reading the weights.
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
        queries: of this token, (1, key heads, query heads per key head, head size).
        keys: of this token, (1, key heads, 1, head size).
        values: of this token, (1, key heads, 1, head size).
        position: of this token.
        cache: keys and values of the tokens before it; those of this token are added.

    Returns:
        (1, width)
    """
    keys, values = cache.extend(position, keys, values)
    return functional.scaled_dot_product_attention(queries, keys, values).flatten(1)
