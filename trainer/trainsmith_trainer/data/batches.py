"""Tokens → batches, in an order that two integers describe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trainsmith_trainer.data.stream import Stream

Integers = npt.NDArray[np.int64]

IGNORE_INDEX = -100
"""A target that the loss ignores, as in `torch.nn.functional.cross_entropy`."""

_SEARCHED = 1 << 16
"""Tokens that are searched at once for one that counts."""


@dataclass(frozen=True)
class Batch:
    """Sequences for one pass through the model."""

    inputs: Integers
    """Tokens, (sequences, length)."""
    targets: Integers
    """The token after each of them, or `IGNORE_INDEX`; the same shape."""

    @property
    def tokens(self) -> int:
        """How many targets the loss counts."""
        return int(np.count_nonzero(self.targets != IGNORE_INDEX))


@dataclass(frozen=True)
class Position:
    """The position in the data. With the seed, it determines all batches that follow."""

    epoch: Annotated[int, Field(ge=0, le=2**52)] = 0
    """Counted from 0."""
    sequence: Annotated[int, Field(ge=0, le=2**52)] = 0
    """Sequences of this epoch that were read."""


class Sampler:
    """Reads a token stream in sequences, in a different order each epoch.

    The order and the cuts depend only on the seed and the epoch, so `Position` is the whole state.
    Each epoch cuts the stream at other places; otherwise a token would always have one context.
    """

    def __init__(self, stream: Stream, length: int, seed: int) -> None:
        self.sequences = (len(stream) - 1) // length
        """Sequences in an epoch."""
        self._stream = stream
        self._length = length
        self._seed = seed
        self._cut: tuple[int, Integers] | None = None

    def take(self, position: Position, count: int) -> tuple[Batch, Position]:
        """The next `count` sequences, and the position after them.

        The rest of an epoch is skipped if it has fewer than `count` sequences. If a whole epoch has
        fewer, sequences of the following epochs are added.
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
        chosen = self._with_targets(np.concatenate(starts))
        return batch_at(self._stream, chosen, self._length), Position(epoch, sequence)

    def _starts(self, epoch: int) -> Integers:
        """Where the sequences of an epoch start, in the order in which they are read."""
        if self._cut is None or self._cut[0] != epoch:
            random = np.random.default_rng((self._seed, epoch))
            shift = int(random.integers(self._length))
            last = len(self._stream) - 1 - self._length
            starts = np.minimum(np.arange(self.sequences) * self._length + shift, last)
            self._cut = (epoch, random.permutation(starts))
        return self._cut[1]

    def _with_targets(self, starts: Integers) -> Integers:
        """The starts, moved for sequences without targets, as inside a long prompt."""
        loss_mask = self._stream.loss_mask
        if loss_mask is None:
            return starts
        has_target = loss_mask[starts[:, None] + np.arange(1, self._length + 1)].any(axis=1)
        if has_target.all():
            return starts
        moved = [self._before_target(int(start)) for start in starts[~has_target]]
        starts = starts.copy()
        starts[~has_target] = moved
        return starts

    def _before_target(self, start: int) -> int:
        """The start of a sequence that has the next token that counts in its middle."""
        loss_mask = self._stream.loss_mask
        assert loss_mask is not None
        for first in (
            *range(start + 1, len(loss_mask), _SEARCHED),
            *range(1, start + 1, _SEARCHED),
        ):
            found = np.flatnonzero(loss_mask[first : first + _SEARCHED])
            if len(found):
                middle = first + int(found[0]) - 1 - (self._length - 1) // 2
                return min(max(0, middle), len(loss_mask) - 1 - self._length)
        return start


def batch_at(stream: Stream, starts: Integers, length: int) -> Batch:
    """The sequences that start at `starts`, fetched in one gather."""
    places = starts[:, None] + np.arange(length + 1)
    window = stream.tokens[places].astype(np.int64)
    targets = window[:, 1:]
    if stream.loss_mask is not None:
        targets = np.where(stream.loss_mask[places[:, 1:]], targets, IGNORE_INDEX)
    return Batch(window[:, :-1], targets)


def validation_batches(stream: Stream, length: int, size: int, most: int) -> Iterator[Batch]:
    """Sequences that cover the validation tokens, or an evenly spaced part of them.

    Fewer tokens than `length` yield one shorter sequence; fewer than two yield nothing.

    Args:
        stream: the validation tokens.
        length: the tokens in a sequence.
        size: the sequences in a batch.
        most: the most tokens in all batches, approximately.
    """
    length = min(length, len(stream) - 1)
    if length < 1:
        return
    count = (len(stream) - 1) // length
    chosen = min(count, max(1, most // length))
    starts = np.arange(chosen, dtype=np.int64) * count // chosen * length
    for first in range(0, chosen, size):
        yield batch_at(stream, starts[first : first + size], length)


def micro_batches(batch: Batch, size: int) -> Iterator[Batch]:
    """Divide a batch into parts of at most `size` sequences."""
    for first in range(0, len(batch.inputs), size):
        part = slice(first, first + size)
        yield Batch(batch.inputs[part], batch.targets[part])
