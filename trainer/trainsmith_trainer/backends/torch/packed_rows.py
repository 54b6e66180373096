"""A batch of documents as one row without padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch, Integers


def packed_row(
    batch: Batch, device: torch.device, *, shares: bool
) -> tuple[Integers, Integers, Packed]:
    """All documents of a batch in one row.

    Args:
        batch: its rows have documents.
        device: where the model is.
        shares: whether tokens with which all documents begin are computed once.

    Returns:
        Tokens of the whole row, (1, tokens); their targets, (tokens,); where the documents are.
    """
    rows = batch.lengths or ()
    own = np.arange(batch.inputs.shape[1]) < [[sum(row)] for row in rows]
    inputs, targets = batch.inputs[own], batch.targets[own]
    lengths = [length for row in rows for length in row]
    shared = uncounted_prefix(inputs, targets, lengths) if shares else 0
    return inputs[None], targets, Packed.of(lengths, device, shared)


def uncounted_prefix(inputs: Integers, targets: Integers, lengths: Sequence[int]) -> int:
    """How many first tokens are the same in all documents, and have no target that counts.

    Args:
        inputs: tokens of the documents, one after another.
        targets: theirs.
        lengths: how many tokens each document has.
    """
    if len(lengths) < 2:
        return 0
    starts = np.cumsum((0, *lengths[:-1]))
    firsts = starts[:, None] + np.arange(min(lengths))
    same = (inputs[firsts] == inputs[firsts[0]]) & (targets[firsts] == IGNORE_INDEX)
    return int(np.cumprod(same.all(axis=0)).sum())
