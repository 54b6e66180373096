"""Plain text → sequences: windows of one stream, each as long as the model reads at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch, Integers
from trainsmith_trainer.data.stream import Stream


class Windows:
    """Windows that cover a stream. Each token but the first is a target exactly once.

    The first and the last window may have fewer targets than the others. They are as long, and the
    targets that they share with their neighbour are counted only there.
    """

    def __init__(self, stream: Stream, length: int, *, moves: bool) -> None:
        """Prepare the windows.

        Args:
            stream: at least one token.
            length: the tokens in a window; a shorter stream is one shorter window.
            moves: whether the windows begin at other places in each epoch. Otherwise a token would
                always have the same context.
        """
        self._stream = stream
        self.tokens = max(0, len(stream) - 1)
        self._length = min(length, self.tokens)
        full, rest = divmod(self.tokens, self._length) if self.tokens else (0, 0)
        # With one window more than the targets fill, the cuts can move by almost a window.
        self._most = self._length if rest else self._length - 1
        self._least = max(1, rest)
        self._moves = moves and self._least < self._most
        self._count = full + 1 if self._moves or rest else full

    @property
    def tokens_per_sequence(self) -> float:
        """The length of a window."""
        return self._length

    def __len__(self) -> int:
        return self._count

    def cut(self, random: np.random.Generator | None) -> Callable[[Integers], Batch]:
        """See `batches.Sequences`."""
        first = self._most if self._moves else self._length
        if random is not None and self._moves:
            first = int(random.integers(self._least, self._most + 1))

        def batch(numbers: Integers) -> Batch:
            return self._batch(numbers, first)

        return batch

    def _batch(self, numbers: Integers, first: int) -> Batch:
        """The windows of some numbers, if the first one has `first` targets."""
        ends = first + numbers * self._length
        begins = np.maximum(0, ends - self._length)
        ends = np.minimum(ends, self.tokens)
        starts = np.minimum(begins, self.tokens - self._length)
        columns = np.arange(self._length + 1)
        window = self._stream.tokens[starts[:, None] + columns].astype(np.int64)
        targets = window[:, 1:]
        if (ends - begins < self._length).any():
            places = starts[:, None] + columns[:-1]
            own = (places >= begins[:, None]) & (places < ends[:, None])
            targets = np.where(own, targets, IGNORE_INDEX)
        return Batch(window[:, :-1], targets)
