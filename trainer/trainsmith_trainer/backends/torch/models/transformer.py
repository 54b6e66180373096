"""Shared by all families: the stack of blocks, attention with a cache, dropout, initial weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig

Positions: TypeAlias = "int | Tensor"
"""The position of the first of consecutive tokens, or the position of each, (length,)."""

_INITIAL_DEVIATION = 0.02
"""Standard deviation of an initial weight, as in GPT-2."""


class LayerCache:
    """Keys and values of the tokens that one layer has read; (1, heads, length, head size)."""

    def __init__(self, config: TransformerConfig, device: torch.device, dtype: torch.dtype) -> None:
        layout = require_layout(config)
        heads, size = layout.key_value_heads(config), layout.head_size(config)
        shape = (1, heads, config.max_sequence_length, size)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)

    def extend(self, start: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store keys and values from position `start` on, and return all up to their end."""
        end = start + keys.shape[2]
        self.keys[:, :, start:end] = keys
        self.values[:, :, start:end] = values
        return self.keys[:, :, :end], self.values[:, :, :end]


@dataclass(frozen=True)
class Packed:
    """Documents in one row, each of which is read as if it were alone."""

    lengths: tuple[int, ...]
    """How many tokens each document has; together they are the row."""
    positions: Tensor
    """The position of each token in its document, (length,)."""

    @staticmethod
    def of(lengths: Sequence[int], device: torch.device) -> Packed:
        """Documents of these lengths."""
        positions = torch.cat([torch.arange(length) for length in lengths])
        return Packed(tuple(lengths), positions.to(device))


Step = Callable[[Tensor, int, LayerCache], Tensor]
"""A block for one token: takes its vector, (1, width), its position, and the cache."""


class Block(nn.Module):
    """One block: attention and a feed-forward network, each with a normalisation before it."""

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        """(batch, length, width) → the same; keys and values are stored in the cache."""
        raise NotImplementedError

    def step(self) -> Step:
        """`forward` for one token; it reads the weights at each call, so later changes count."""
        raise NotImplementedError


class Transformer(nn.Module):
    """A decoder: from tokens to the logits of the next token at each position."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config

    def embed(self, tokens: Tensor, positions: Positions = 0) -> Tensor:
        """Vectors of tokens at some positions: (batch, length, width)."""
        raise NotImplementedError

    def blocks(self) -> Iterable[Block]:
        """The blocks in order."""
        raise NotImplementedError

    def steps(self) -> list[Step]:
        """The blocks for one token at a time."""
        return [block.step() for block in self.blocks()]

    def logits(self, vectors: Tensor) -> Tensor:
        """The last normalisation and the output layer: (batch, length, vocabulary)."""
        raise NotImplementedError

    def forward(self, tokens: Tensor, caches: list[LayerCache] | None = None) -> Tensor:
        """Compute logits.

        Args:
            tokens: (batch, length), from position 0 on.
            caches: one for each block, which is filled for later `steps`.

        Returns:
            (batch, length, vocabulary)
        """
        return self.logits(self.hidden(tokens, caches))

    def hidden(
        self,
        tokens: Tensor,
        caches: list[LayerCache] | None = None,
        packed: Packed | None = None,
    ) -> Tensor:
        """Compute what `logits` turns into logits.

        Args:
            tokens: (batch, length), from position 0 on.
            caches: one for each block, which is filled for later `steps`.
            packed: the documents in the row, if there is one row of several documents.

        Returns:
            (batch, length, width)
        """
        vectors = self.embed(tokens, packed.positions if packed else 0)
        recompute = self.training and self.config.runner_type == "memory_efficient"
        for index, block in enumerate(self.blocks()):
            cache = caches[index] if caches else None
            if recompute:
                vectors = checkpoint(block, vectors, cache, packed, use_reentrant=False)
            else:
                vectors = block(vectors, cache, packed)
        return vectors


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    cache: LayerCache | None,
    packed: Packed | None = None,
) -> Tensor:
    """Causal attention; (batch, heads, length, head size) → (batch, length, width).

    Keys and values may have fewer heads, which groups of query heads then share. As in tt-train,
    there is no dropout of attention weights: PyTorch's fused kernel on CPUs does not support it.
    """
    if cache:
        cache.extend(0, keys, values)
    groups = queries.shape[1] // keys.shape[1]
    if groups > 1:
        keys = keys.repeat_interleave(groups, dim=1)
        values = values.repeat_interleave(groups, dim=1)
    if packed is None:
        mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    else:
        # Each document on its own: no other token is looked at, and none is computed in vain.
        parts = (vectors.split(packed.lengths, dim=2) for vectors in (queries, keys, values))
        mixed = torch.cat(
            [
                functional.scaled_dot_product_attention(*document, is_causal=True)
                for document in zip(*parts, strict=True)
            ],
            dim=2,
        )
    return mixed.transpose(1, 2).flatten(2)


def split_heads(vectors: Tensor, heads: int) -> Tensor:
    """(batch, length, width) → (batch, heads, length, head size)."""
    return vectors.unflatten(2, (heads, -1)).transpose(1, 2)


class Dropout(nn.Module):
    """Dropout that draws one random byte per number on a CPU, where drawing is most of the cost.

    The probability is rounded to 256ths, and the scale with it, so that the mean does not change.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.dropped = round(probability * 256)
        """The bytes below this number drop a number."""

    def forward(self, vectors: Tensor) -> Tensor:
        """While training, set random numbers to zero and scale up the others."""
        if not self.training or self.probability == 0:
            return vectors
        if vectors.device.type != "cpu" or not 0 < self.dropped < 256:
            return functional.dropout(vectors, self.probability)
        words = torch.empty((vectors.numel() + 7) // 8, dtype=torch.int64)
        random_bytes = words.random_(-(2**63), None).view(torch.uint8)[: vectors.numel()]
        kept = (random_bytes >= self.dropped).view(vectors.shape)
        return vectors * kept * (256 / (256 - self.dropped))


def init_weights(model: Transformer, residual_names: tuple[str, ...]) -> None:
    """Draw random weights as GPT-2 does: N(0, 0.02), biases zero.

    Layers that add to the residual stream are scaled down by the square root of their number, so
    that the stream's variance does not grow with depth.

    Args:
        model: its normalisation layers are not changed.
        residual_names: last parts of the names of the layers that add to the residual stream.
    """
    residual = _INITIAL_DEVIATION / math.sqrt(2 * model.config.num_blocks)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            deviation = (
                residual if name.rpartition(".")[2] in residual_names else _INITIAL_DEVIATION
            )
            nn.init.normal_(module.weight, std=deviation)
        if name and hasattr(module, "bias") and isinstance(module.bias, nn.Parameter):
            nn.init.zeros_(module.bias)
