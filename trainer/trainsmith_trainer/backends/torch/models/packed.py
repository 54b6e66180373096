"""Several documents in one row, and what is the same in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor


@dataclass(frozen=True)
class Packed:
    """Documents in one row, each of which is read as if it were alone.

    All documents may begin with the same tokens, such as the system prompt of a chat template. A
    token depends only on those before it, so these tokens have the same vectors in each document.
    Blocks compute them once: their row, the short one, has them in its first document only.
    Attention, in which other tokens look at them, needs the whole row.
    """

    lengths: tuple[int, ...]
    """How many tokens each document has; together they are the whole row."""
    positions: Tensor
    """The position of each token in its document, (length of the whole row,)."""
    shared: int = 0
    """How many first tokens of the documents are computed once."""

    @staticmethod
    def of(lengths: Sequence[int], device: torch.device, shared: int = 0) -> Packed:
        """Documents of these lengths."""
        positions = torch.cat([torch.arange(length) for length in lengths])
        return Packed(tuple(lengths), positions.to(device), shared)

    def shorten(self, whole: Tensor) -> Tensor:
        """(batch, whole row, …) → (batch, short row, …)."""
        if not self.shared:
            return whole
        first, *others = whole.split(self.lengths, dim=1)
        return torch.cat([first, *(other[:, self.shared :] for other in others)], dim=1)

    def restore(self, short: Tensor) -> Tensor:
        """(batch, short row, …) → (batch, whole row, …)."""
        if not self.shared:
            return short
        sizes = (self.shared, *(length - self.shared for length in self.lengths))
        shared, *others = short.split(sizes, dim=1)
        return torch.cat([*chain.from_iterable((shared, other) for other in others)], dim=1)
