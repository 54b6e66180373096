"""Parts of a block for one token at a time, without what only batches and gradients need.

Generating text takes thousands of small steps, in which calling modules costs as much as their
matrix products. A test compares each family's steps with its `forward`.
"""

from __future__ import annotations

from typing import Protocol, cast

from torch import Tensor, nn
from torch.nn import functional


class Affine(Protocol):
    """A linear layer whose result may be added to a residual."""

    def __call__(self, vector: Tensor, residual: Tensor | None = None) -> Tensor:
        """Map (1, in) to (1, out)."""
        ...


def affine(layer: nn.Linear) -> Affine:
    """A linear layer for one vector; a subclass, which computes something else, as it is."""
    if type(layer) is not nn.Linear:
        return lambda vector, residual=None: (
            layer(vector) if residual is None else layer(vector) + residual
        )
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
