"""Tokens → batches, in an order that two integers describe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.tokenizers import TokenArray

Integers = npt.NDArray[np.int64]

IGNORED = -100
"""A target that does not count, as `torch.nn.functional.cross_entropy` has it."""

_MAX_VALIDATION_TOKENS = 1 << 15


@dataclass(frozen=True)
class Batch:
    """Sequences for one pass through the model."""

    inputs: Integers
    """Tokens, (sequences, length)."""
    targets: Integers
    """The token after each of them, or `IGNORED`; the same shape."""

    @property
    def tokens(self) -> int:
        """Targets that count."""
        return int(np.count_nonzero(self.targets != IGNORED))


@dataclass(frozen=True)
class Position:
    """How far the data is read. With the seed, it fixes every batch that is still to come."""

    epoch: int = 0
    """Counted from 0."""
    sequence: int = 0
    """Sequences of this epoch that were read."""


class Sampler:
    """Reads a stream of tokens in sequences, each epoch in its own order.

    Order and cut come from the seed and the epoch's number alone, so `Position` is all the state.
    Each epoch cuts the stream elsewhere: otherwise a token would always have the same neighbours.
    """

    def __init__(self, tokens: TokenArray, length: int, seed: int) -> None:
        self.sequences = (len(tokens) - 1) // length
        """Sequences in an epoch."""
        self._tokens = tokens
        self._length = length
        self._seed = seed
        self._cut: tuple[int, Integers] | None = None

    def take(self, position: Position, count: int) -> tuple[Batch, Position]:
        """The next `count` sequences, and the position after them.

        An epoch's rest that is smaller than `count` is left out. Where a whole epoch is smaller,
        sequences of the following ones fill up.
        """
        epoch, sequence = position.epoch, position.sequence
        if sequence and sequence + count > self.sequences:
            epoch, sequence = epoch + 1, 0
        starts: list[Integers] = []
        while count > 0:
            if sequence == self.sequences:
                epoch, sequence = epoch + 1, 0
            part = self._starts(epoch)[sequence : sequence + count]
            starts.append(part)
            sequence += len(part)
            count -= len(part)
        return batch_at(self._tokens, np.concatenate(starts), self._length), Position(
            epoch, sequence
        )

    def _starts(self, epoch: int) -> Integers:
        """Where the sequences of an epoch begin, in the order in which they are read."""
        if self._cut is None or self._cut[0] != epoch:
            random = np.random.default_rng((self._seed, epoch))
            shift = int(random.integers(self._length))
            last = len(self._tokens) - 1 - self._length
            starts = np.minimum(np.arange(self.sequences) * self._length + shift, last)
            self._cut = (epoch, random.permutation(starts))
        return self._cut[1]


def batch_at(tokens: TokenArray, starts: Integers, length: int) -> Batch:
    """The sequences that begin at `starts`, fetched in one gather."""
    window = tokens[starts[:, None] + np.arange(length + 1)].astype(np.int64)
    return Batch(window[:, :-1], window[:, 1:])


def validation_batches(tokens: TokenArray, length: int, size: int) -> Iterator[Batch]:
    """Sequences that cover the validation tokens; of many tokens, evenly spaced ones.

    A text shorter than `length` gives one shorter sequence; fewer than two tokens give nothing.
    """
    length = min(length, len(tokens) - 1)
    if length < 1:
        return
    count = (len(tokens) - 1) // length
    chosen = min(count, max(1, _MAX_VALIDATION_TOKENS // length))
    starts = np.arange(chosen, dtype=np.int64) * count // chosen * length
    for first in range(0, chosen, size):
        yield batch_at(tokens, starts[first : first + size], length)


def micro_batches(batch: Batch, size: int) -> Iterator[Batch]:
    """Divide a batch into parts of at most `size` sequences."""
    for first in range(0, len(batch.inputs), size):
        part = slice(first, first + size)
        yield Batch(batch.inputs[part], batch.targets[part])
