"""Examples → sequences: each example whole in a row, from the row's first token on."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch, Integers
from trainsmith_trainer.data.stream import Stream


@dataclass(frozen=True)
class Pieces:
    """The content of rows: documents, or parts of long ones. The arrays have an entry for each."""

    begins: Integers
    """The first token of a piece, in the stream."""
    ends: Integers
    """The token after its last one."""
    skips_from: Integers
    """Tokens of the middle that are left out: those from here …"""
    skips_to: Integers
    """… to here. No token is left out where both are equal."""

    @property
    def sizes(self) -> Integers:
        """How many tokens each piece has."""
        return self.ends - self.begins - (self.skips_to - self.skips_from)

    def places(self, piece: int) -> Integers:
        """Where the tokens of a piece are in the stream."""
        begin, end, skip, after = (
            int(array[piece]) for array in (self.begins, self.ends, self.skips_from, self.skips_to)
        )
        if skip == after:
            return np.arange(begin, end)
        return np.concatenate((np.arange(begin, skip), np.arange(after, end)))


class Rows:
    """Rows of documents. The model reads each document as if it were alone."""

    def __init__(self, stream: Stream, pieces: Pieces, length: int, *, packs: bool) -> None:
        """Arrange the pieces.

        Args:
            stream: the tokens.
            pieces: each has at most one token more than `length`, the last target.
            length: the most tokens that the model reads at once.
            packs: whether a row may have several pieces; otherwise each has one.
        """
        self._stream, self._pieces = stream, pieces
        read = pieces.sizes - 1
        self.tokens = int(read.sum())
        rows = pack(read, length) if packs else [[piece] for piece in range(len(read))]
        self._order = np.array([piece for row in rows for piece in row], np.int64)
        """The pieces, row by row."""
        self._ends = np.cumsum([len(row) for row in rows])
        """Where each row ends in this order."""

    @property
    def tokens_per_sequence(self) -> float:
        """The average over all rows."""
        return self.tokens / max(1, len(self))

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def sizes(self) -> Integers:
        """How many tokens each row has."""
        ends = np.cumsum(self._pieces.sizes[self._order] - 1)[self._ends - 1]
        return np.diff(ends, prepend=0)

    def cut(self, _random: np.random.Generator | None) -> Callable[[Integers], Batch]:
        """See `batches.Sequences`; rows are the same in each epoch."""
        return self._batch

    def documents(self, number: int) -> list[int]:
        """The documents in a row, by their indices in the stream."""
        begins = self._pieces.begins[self._row(number)]
        return np.searchsorted(self._stream.documents["end"], begins, "right").tolist()

    def _row(self, number: int) -> Integers:
        begin = self._ends[number - 1] if number else 0
        return self._order[begin : self._ends[number]]

    def _batch(self, numbers: Integers) -> Batch:
        rows = [
            [self._pieces.places(int(piece)) for piece in self._row(int(number))]
            for number in numbers
        ]
        lengths = tuple(tuple(len(places) - 1 for places in row) for row in rows)
        shape = (len(rows), max(map(sum, lengths), default=0))
        inputs, targets = np.zeros(shape, np.int64), np.full(shape, IGNORE_INDEX)
        for at, row in enumerate(rows):
            read = np.concatenate([places[:-1] for places in row])
            predicted = np.concatenate([places[1:] for places in row])
            inputs[at, : len(read)] = self._stream.tokens[read]
            found = self._stream.tokens[predicted].astype(np.int64)
            mask = self._stream.loss_mask
            if mask is not None:
                found = np.where(mask[predicted], found, IGNORE_INDEX)
            targets[at, : len(read)] = found
        return Batch(inputs, targets, lengths)


def pack(sizes: Integers, capacity: int) -> list[list[int]]:
    """Put pieces into as few rows as a simple rule finds: best fit, the longest pieces first.

    Each piece goes into the row whose free space it fills best, or into a new one (Johnson 1973,
    "Near-optimal bin packing algorithms": at most 11/9 of the optimum, and one row).

    Args:
        sizes: of the pieces, at most `capacity` each.
        capacity: of a row.

    Returns:
        The pieces of each row.
    """
    rows: list[list[int]] = []
    with_space = defaultdict[int, list[int]](list)
    spaces: list[int] = []
    """The numbers of free places that rows have, sorted, each once."""
    for piece in np.argsort(-sizes, kind="stable").tolist():
        size = int(sizes[piece])
        best = bisect_left(spaces, size)
        if best < len(spaces):
            space = spaces[best]
            row = with_space[space].pop()
            if not with_space[space]:
                del spaces[best]
        else:
            space, row = capacity, len(rows)
            rows.append([])
        rows[row].append(piece)
        if not with_space[space - size]:
            insort(spaces, space - size)
        with_space[space - size].append(row)
    return rows
