"""Sequences → batches, in an order that two integers describe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

Integers = npt.NDArray[np.int64]

IGNORE_INDEX = -100
"""A target that the loss ignores, as in `torch.nn.functional.cross_entropy`."""


@dataclass(frozen=True)
class Batch:
    """Rows for one pass through the model."""

    inputs: Integers
    """Tokens, (rows, length). Tokens after a row's documents are padding."""
    targets: Integers
    """The token after each of them, or `IGNORE_INDEX`; the same shape."""
    lengths: tuple[tuple[int, ...], ...] | None = None
    """For each row, how many tokens each of its documents has, from the row's first token on. A
    document is read as if it were alone. `None` means that each row is one whole sequence."""

    @property
    def tokens(self) -> int:
        """How many targets the loss counts."""
        return int(np.count_nonzero(self.targets != IGNORE_INDEX))

    @property
    def tokens_read(self) -> int:
        """How many tokens there are without padding."""
        return self.inputs.size if self.lengths is None else sum(map(sum, self.lengths))

    def rows(self, part: slice) -> Batch:
        """Some of the rows, without columns in which all of them have padding."""
        if self.lengths is None:
            return Batch(self.inputs[part], self.targets[part])
        lengths = self.lengths[part]
        width = max(map(sum, lengths), default=0)
        return Batch(self.inputs[part, :width], self.targets[part, :width], lengths)


class Sequences(Protocol):
    """The sequences that an epoch reads, which may be cut in another way each time."""

    @property
    def tokens(self) -> int:
        """How many tokens an epoch reads, without padding."""
        ...

    @property
    def tokens_per_sequence(self) -> float:
        """How many tokens a sequence has; the average, if they differ on purpose."""
        ...

    def __len__(self) -> int:
        """How many sequences an epoch has."""
        ...

    def cut(self, random: np.random.Generator | None, /) -> Callable[[Integers], Batch]:
        """Cut the data for an epoch: a function from the numbers of sequences to a batch.

        Args:
            random: chooses where to cut; without it, the data is always cut at the same places.
        """
        ...


@dataclass(frozen=True)
class Position:
    """The position in the data. With the seed, it determines all batches that follow."""

    epoch: Annotated[int, Field(ge=0, le=2**52)] = 0
    """Counted from 0."""
    sequence: Annotated[int, Field(ge=0, le=2**52)] = 0
    """Sequences of this epoch that were read."""


class Sampler:
    """Reads every sequence once in each epoch, in a different order each time.

    The order and the cuts depend only on the seed and the epoch, so `Position` is the whole state.
    """

    def __init__(self, sequences: Sequences, seed: int) -> None:
        self.sequences = sequences
        self._seed = seed
        self._epoch: tuple[int, Integers, Callable[[Integers], Batch]] | None = None

    def take(self, position: Position, count: int) -> tuple[Batch, Position]:
        """The next `count` sequences, or as many as the epoch still has, and the position after."""
        chosen, batch_of, after = self._next(position, count)
        return batch_of(chosen), after

    def numbers(self, position: Position, count: int) -> Integers:
        """The numbers of the sequences that `take` reads."""
        return self._next(position, count)[0]

    def _next(
        self, position: Position, count: int
    ) -> tuple[Integers, Callable[[Integers], Batch], Position]:
        epoch, sequence = position.epoch, position.sequence
        if sequence >= len(self.sequences):
            epoch, sequence = epoch + 1, 0
        order, batch_of = self._order(epoch)
        chosen = order[sequence : sequence + count]
        return chosen, batch_of, Position(epoch, sequence + len(chosen))

    def _order(self, epoch: int) -> tuple[Integers, Callable[[Integers], Batch]]:
        if self._epoch is None or self._epoch[0] != epoch:
            random = np.random.default_rng((self._seed, epoch))
            batch_of = self.sequences.cut(random)
            self._epoch = (epoch, random.permutation(len(self.sequences)), batch_of)
        return self._epoch[1:]


def validation_batches(sequences: Sequences, size: int, most: int) -> Iterator[Batch]:
    """All sequences, or an evenly spaced part of them, the same each time.

    Args:
        sequences: the validation data.
        size: the sequences in a batch.
        most: the most tokens in all batches, approximately.
    """
    numbers = validated_sequences(sequences, most)
    batch_of = sequences.cut(None)
    for first in range(0, len(numbers), size):
        yield batch_of(numbers[first : first + size])


def validated_sequences(sequences: Sequences, most: int) -> Integers:
    """The numbers of the sequences that `validation_batches` reads."""
    count = len(sequences)
    chosen = min(count, max(1, most * count // max(1, sequences.tokens)))
    return np.arange(chosen, dtype=np.int64) * count // max(1, chosen)


def micro_batches(batch: Batch, size: int) -> Iterator[Batch]:
    """Divide a batch into parts of at most `size` sequences."""
    for first in range(0, len(batch.inputs), size):
        yield batch.rows(slice(first, first + size))
