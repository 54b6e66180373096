"""A batch of documents as one row without padding."""

from __future__ import annotations

import numpy as np
import torch

from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.data.batches import Batch, Integers
from trainsmith_trainer.data.shared_prefix import uncounted_prefix


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
