"""What the families share: the stack of blocks, attention with a cache, dropout, first weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig

_FIRST_WEIGHTS = 0.02
"""Standard deviation of a random weight, as in GPT-2."""


class LayerCache:
    """Keys and values of the tokens that one layer has seen; (1, heads, length, head size)."""

    def __init__(self, config: TransformerConfig, device: torch.device, dtype: torch.dtype) -> None:
        layout = require_layout(config)
        heads, size = layout.key_value_heads(config), layout.head_size(config)
        shape = (1, heads, config.max_sequence_length, size)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)

    def extend(self, start: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store what is new from position `start` on, and give back everything up to its end."""
        end = start + keys.shape[2]
        self.keys[:, :, start:end] = keys
        self.values[:, :, start:end] = values
        return self.keys[:, :, :end], self.values[:, :, :end]


Step = Callable[[Tensor, int, LayerCache], Tensor]
"""A block for one token: its vector, (1, width), its position, and what was before it."""


class Block(nn.Module):
    """One block: attention and a feed-forward network, each with a normalisation before it."""

    def forward(self, vectors: Tensor, cache: LayerCache | None) -> Tensor:
        """(batch, length, width) → the same; keys and values are stored in the cache."""
        raise NotImplementedError

    def step(self) -> Step:
        """`forward` for one token; it reads the weights at each call, so later changes count."""
        raise NotImplementedError


class Transformer(nn.Module):
    """A decoder: tokens in, for each position the logits of the next token out."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """Vectors of tokens that begin at position `start`: (batch, length, width)."""
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
            caches: one for each block, to be filled for the `steps` that follow.

        Returns:
            (batch, length, vocabulary)
        """
        vectors = self.embed(tokens)
        recompute = self.training and self.config.runner_type == "memory_efficient"
        for index, block in enumerate(self.blocks()):
            cache = caches[index] if caches else None
            if recompute:
                vectors = checkpoint(block, vectors, cache, use_reentrant=False)
            else:
                vectors = block(vectors, cache)
        return self.logits(vectors)


def attend(queries: Tensor, keys: Tensor, values: Tensor, cache: LayerCache | None) -> Tensor:
    """Causal attention; (batch, heads, length, head size) → (batch, length, width).

    Keys and values may have fewer heads: then groups of query heads share them. Attention weights
    are not dropped out, as in tt-train: PyTorch's fused kernel on CPUs has no dropout.
    """
    if cache:
        cache.extend(0, keys, values)
    groups = queries.shape[1] // keys.shape[1]
    if groups > 1:
        keys = keys.repeat_interleave(groups, dim=1)
        values = values.repeat_interleave(groups, dim=1)
    mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    return mixed.transpose(1, 2).flatten(2)


def split_heads(vectors: Tensor, heads: int) -> Tensor:
    """(batch, length, width) → (batch, heads, length, head size)."""
    return vectors.unflatten(2, (heads, -1)).transpose(1, 2)


class Dropout(nn.Module):
    """Dropout whose mask on a CPU takes one random byte a number: generating it is the cost.

    The share is rounded to 256ths, and the scale with it, so that the mean stays what it was.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.dropped = round(share * 256)

    def forward(self, vectors: Tensor) -> Tensor:
        """Set a share of the numbers to zero while training, and scale up the others."""
        if not self.training or self.share == 0:
            return vectors
        if vectors.device.type != "cpu" or not 0 < self.dropped < 256:
            return functional.dropout(vectors, self.share)
        words = torch.empty((vectors.numel() + 7) // 8, dtype=torch.int64)
        random_bytes = words.random_(-(2**63), None).view(torch.uint8)[: vectors.numel()]
        kept = (random_bytes >= self.dropped).view(vectors.shape)
        return vectors * kept * (256 / (256 - self.dropped))


def first_weights(model: Transformer, residual_names: tuple[str, ...]) -> None:
    """Draw random weights as GPT-2 does: N(0, 0.02), biases zero.

    Layers that add to the residual stream start smaller by the square root of how many there are,
    so that the stream's variance does not grow with depth.

    Args:
        model: normalisation layers are left as they are.
        residual_names: last parts of the names of those layers.
    """
    residual = _FIRST_WEIGHTS / math.sqrt(2 * model.config.num_blocks)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            deviation = residual if name.rpartition(".")[2] in residual_names else _FIRST_WEIGHTS
            nn.init.normal_(module.weight, std=deviation)
        if name and hasattr(module, "bias") and isinstance(module.bias, nn.Parameter):
            nn.init.zeros_(module.bias)
