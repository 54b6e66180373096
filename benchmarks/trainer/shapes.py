"""The models of the comparisons: nanoGPT's settings for Shakespeare on a CPU, and a larger one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

TEXT = Path(__file__).resolve().parents[2] / "examples" / "shakespeare" / "data" / "plays.txt"


@dataclass(frozen=True)
class Shape:
    """A GPT-2 without biases, with tied weights, and its batches."""

    layers: int
    heads: int
    width: int
    length: int
    batch: int
    dropout: float = 0.0

    @property
    def tokens_per_step(self) -> int:
        return self.batch * self.length

    def to_argument(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_argument() -> Shape:
        """The shape in this process's first argument."""
        return Shape(**json.loads(sys.argv[1]))


SMALL = Shape(layers=4, heads=4, width=128, length=64, batch=12)
LARGE = Shape(layers=6, heads=6, width=384, length=256, batch=4)
