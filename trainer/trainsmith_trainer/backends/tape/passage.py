"""The tokens of one pass through a model, with their positions and what attention sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.backends.tape.ops import Array, Ops
from trainsmith_trainer.data.batches import Batch

Integers = npt.NDArray[np.int64]
Seen = npt.NDArray[np.bool_]

_UNSEEN = -1e9
"""Is added to the scores of tokens that attention must not see: their powers become exactly 0."""


@dataclass(frozen=True)
class Passage:
    """Rows of tokens, on the host."""

    tokens: Integers
    """(rows, length)"""
    positions: Integers
    """The position of each token in its document; (rows, length), or (1, length) for all rows."""
    lengths: Integers
    """How many tokens the document of each token has; the same shape."""
    seen: Seen
    """Which keys each query sees without a window: (rows or 1, length, keys)."""
    key_positions: Integers
    """The positions of the keys: (rows or 1, keys)."""

    @property
    def continues(self) -> bool:
        """Whether it is one token whose keys follow those in a cache."""
        return self.key_positions.shape != self.positions.shape

    @staticmethod
    def of(batch: Batch) -> Passage:
        """A batch. In a row of several documents, each is read as if it were alone."""
        rows, length = batch.inputs.shape
        if batch.lengths is None:
            return Passage.of_text(batch.inputs)
        documents = np.zeros((rows, length), np.int64)
        positions, lengths = documents.copy(), documents.copy()
        for at, row in enumerate(batch.lengths):
            start = 0
            # Padding is one more document. Nothing sees it, but its tokens must see something.
            for number, count in enumerate((*row, length - sum(row))):
                part = (at, slice(start, start + count))
                documents[part], positions[part], lengths[part] = number, np.arange(count), count
                start += count
        same = documents[:, :, None] == documents[:, None, :]
        past = positions[:, None, :] <= positions[:, :, None]
        return Passage(batch.inputs, positions, lengths, same & past, positions)

    @staticmethod
    def of_text(tokens: Integers) -> Passage:
        """Rows of one document each, from position 0 on: (rows, length)."""
        length = tokens.shape[1]
        positions = np.arange(length)[None]
        seen = np.tril(np.ones((1, length, length), np.bool_))
        return Passage(tokens, positions, np.full((1, length), length), seen, positions)

    @staticmethod
    def of_next_token(token: int, position: int, places: int) -> Passage:
        """One token after others, whose keys are in a cache with more places than tokens."""
        keys = np.arange(places)[None]
        one = np.full((1, 1), position)
        return Passage(np.full((1, 1), token), one, one + 1, (keys <= position)[None], keys)

    def mask(self, ops: Ops, window: int | None, groups: int) -> Array:
        """What is added to the scores of attention; see `attention.attention`.

        Args:
            ops: the tensor library.
            window: how many tokens each one sees, including itself; `None`: all before it.
            groups: how many query heads share a key head.
        """
        seen = self.seen
        if window is not None:
            seen = seen & (self.key_positions[:, None, :] > self.positions[:, :, None] - window)
        added = np.where(seen, 0.0, _UNSEEN).astype(np.float32)
        return ops.from_numpy(np.tile(added, (1, groups, 1))[:, None])
