"""What a block of a model stores for its backward pass with PyTorch, as numbers per token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """The numbers per token that one block stores, by what they are.

    They are counted in the code of `backends/torch/models`, and a test compares them with the
    tensors that PyTorch stores. Attention stores no weights: PyTorch's fused kernels compute them
    again.
    """

    reads: tuple[tuple[int, tuple[str, ...]], ...]
    """The inputs of linear layers, which the gradients of their weights need: how many numbers, and
    which layers read them. Inputs that something else stores anyway have 0."""
    attention: int
    """The queries, keys and values, and the result."""
    result: int
    """Those of the result alone: once more for packed documents, whose results are joined."""
    between: int
    """What the activation and the gate of the feed-forward network store."""
    norms: int
    """The inputs of the normalisations."""
    passing: int
    """The gradients that are in memory at once in the backward pass of the feed-forward network,
    without the stored numbers that are already free by then."""
    gains: int = 0
    """What the gradients of RMS normalisations' gains need."""
    float32_norms: bool = True
    """Whether normalisations compute in float32 if the weights are bfloat16."""
    turned: int = 0
    """The numbers of a head that rotary positions turn: packed documents need tables of their
    own."""
    scores: int = 0
    """Per token that is looked at: what bounded scores of attention store."""
    copied: int = 0
    """What is added where attention copies keys that groups of heads share: on a GPU."""
