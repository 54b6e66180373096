"""What both trainers get, and the model and the data that they share."""

from __future__ import annotations

import json
import random
import statistics
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

Variant = Literal["padded", "shuffled", "padding_free", "defaults"]
VARIANTS: dict[Variant, str] = {
    "padded": "padded",
    "shuffled": "padded, conversations in random order",
    "padding_free": "`padding_free`",
    "defaults": "padded, activations recomputed (its default)",
}
"""Those of TRL, in words."""
RANK, ALPHA = 16, 32
WEIGHT_DECAY = 0.01
CLIP = 1.0


@dataclass(frozen=True)
class Job:
    """One training. Paths are absolute."""

    model: str
    """The folder of the pretrained model."""
    data: str
    """A file with one conversation per line."""
    adapter: str | None
    """The folder of LoRA's first matrices; `None` trains all weights."""
    learning_rate: float
    steps: int
    precision: str = "fp32"
    """That of our side; TRL trains in fp32, as it does by itself."""
    batches: list[list[int]] = field(default_factory=list[list[int]])
    """The conversations of each step, by their lines, counted from 0."""

    def write(self, path: Path) -> Path:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")
        return path

    @staticmethod
    def read(path: Path) -> Job:
        return Job(**json.loads(path.read_text(encoding="utf-8")))

    def shuffled(self, conversations: int) -> Job:
        """As many conversations in each step as on average, in random order, as TRL draws them.

        Our rows have conversations of similar lengths, which need hardly any padding.

        Args:
            conversations: how many the data has.
        """
        size = round(statistics.fmean(map(len, self.batches)))
        order, source = list[int](), random.Random(0)
        while len(order) < self.steps * size:
            order += source.sample(range(conversations), conversations)
        starts = range(0, self.steps * size, size)
        return replace(self, batches=[order[start : start + size] for start in starts])
