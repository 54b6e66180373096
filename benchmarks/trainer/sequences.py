"""The text in the form that the other trainers need: one sequence at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch


class Sequences(torch.utils.data.Dataset[dict[str, torch.Tensor]]):
    """All sequences of a length: one for each position at which it can begin."""

    def __init__(self, path: Path, length: int) -> None:
        self._tokens = np.memmap(path, dtype=np.uint16, mode="r")
        self._length = length

    def __len__(self) -> int:
        return len(self._tokens) - self._length

    def __getitem__(self, start: int) -> dict[str, torch.Tensor]:
        window = self._tokens[start : start + self._length + 1].astype(np.int64)
        return {
            "inputs": torch.from_numpy(window[:-1]),
            "targets": torch.from_numpy(window[1:]),
        }
