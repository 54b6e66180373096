"""Shared by all families: the stack of blocks, dropout, initial weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.initial_weights import drawn
from trainsmith_trainer.backends.torch.models.attention import LayerCache
from trainsmith_trainer.backends.torch.models.packed import Packed

Positions: TypeAlias = "int | Tensor"
"""The position of the first of consecutive tokens, or the position of each, (length,)."""


Step = Callable[[Tensor, int, LayerCache], Tensor]
"""A block for one token: takes its vector, (1, width), its position, and the cache."""


class Block(nn.Module):
    """One block: attention and a feed-forward network, each with a normalisation before it."""

    window: int | None = None
    """How many tokens its attention sees, including the token itself; `None`: all before it."""

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        """(batch, length, width) → the same; keys and values are stored in the cache."""
        raise NotImplementedError

    def step(self) -> Step:
        """`forward` for one token; it reads the weights at each call, so later changes count."""
        raise NotImplementedError


class Transformer(nn.Module):
    """A decoder: from tokens to the logits of the next token at each position."""

    lm_head: nn.Linear
    """The output layer."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.run_block: RunBlock = _run_block
        """Computes a block without a cache; a compiled function may replace it."""
        self.steps_up_to = config.max_sequence_length
        """The longest text that can be read token by token: positions of others change with it."""

    def embed(self, tokens: Tensor, positions: Positions = 0) -> Tensor:
        """Vectors of tokens at some positions: (batch, length, width)."""
        raise NotImplementedError

    def blocks(self) -> Iterable[Block]:
        """The blocks in order."""
        raise NotImplementedError

    def steps(self) -> list[Step]:
        """The blocks for one token at a time."""
        return [block.step() for block in self.blocks()]

    def normed(self, vectors: Tensor) -> Tensor:
        """The last normalisation; (…, width) → the same."""
        raise NotImplementedError

    def logits(self, vectors: Tensor) -> Tensor:
        """The last normalisation and the output layer: (…, width) → (…, vocabulary)."""
        return self.lm_head(self.normed(vectors))

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
            (batch, length, width); if documents are packed, those of the short row.
        """
        vectors = self.embed(tokens, packed.positions if packed else 0)
        if packed:
            vectors = packed.shorten(vectors)
        recompute = self.training and self.config.runner_type == "memory_efficient"
        for index, block in enumerate(self.blocks()):
            if caches:
                vectors = block(vectors, caches[index], packed)
            elif recompute:
                vectors = checkpoint(self.run_block, block, vectors, packed, use_reentrant=False)
            else:
                vectors = self.run_block(block, vectors, packed)
        return vectors


RunBlock: TypeAlias = Callable[[Block, Tensor, "Packed | None"], Tensor]


def _run_block(block: Block, vectors: Tensor, packed: Packed | None) -> Tensor:
    return block(vectors, None, packed)


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
        # A compiled block draws its numbers itself.
        others = vectors.device.type != "cpu" or torch.compiler.is_compiling()
        if others or not 0 < self.dropped < 256:
            return functional.dropout(vectors, self.probability)
        words = torch.empty((vectors.numel() + 7) // 8, dtype=torch.int64)
        random_bytes = words.random_(-(2**63), None).view(torch.uint8)[: vectors.numel()]
        kept = (random_bytes >= self.dropped).view(vectors.shape)
        return vectors * kept * (256 / (256 - self.dropped))


def drops(model: nn.Module) -> bool:
    """Whether dropout has an effect: in training, if a layer has some."""
    layers = (each for each in model.modules() if isinstance(each, Dropout))
    return model.training and any(layer.probability > 0 for layer in layers)


@torch.no_grad()
def init_weights(model: Transformer, seed: int) -> None:
    """Give a model the initial weights that all backends draw; biases become zero.

    Normalisation layers, fixed positions and tied weights are not changed.

    Args:
        model: the model.
        seed: of the run.
    """
    layers = {
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Embedding)
    }
    for name, parameter in model.named_parameters():
        layer, _, kind = name.rpartition(".")
        if kind == "bias":
            parameter.zero_()
        elif layer in layers and parameter.requires_grad:
            shape, blocks = tuple(parameter.shape), model.config.num_blocks
            parameter.copy_(torch.from_numpy(drawn(name, shape, blocks, seed)))
