"""The tokens with which all documents of a batch begin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainsmith_trainer.data.batches import IGNORE_INDEX, Integers


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
