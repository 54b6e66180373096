"""The learning rate at each step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import TrainingDocument

Decay = Literal["linear", "cosine", "1-sqrt", "none"]

_FINAL_DIVISOR = 100
"""tt-train's `warmup_linear` decays to a hundredth of the peak rate."""


@dataclass(frozen=True)
class Schedule:
    """A rate that warms up from zero, holds, and decays until the last step."""

    peak: float
    final: float
    """The rate at the last step."""
    warmup: int
    """Warmup steps; the last one has the peak rate."""
    hold: int
    """Steps at the peak rate after the warmup."""
    total: int
    """The run's steps."""
    decay: Decay = "linear"
    key: str = ""
    """The key of the recipe that sets the peak."""

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        if step < self.warmup:
            return self.peak * step / self.warmup
        decay_steps = self.total - self.warmup - self.hold
        decayed = min(step, self.total) - self.warmup - self.hold
        if decay_steps <= 0 or decayed <= 0:
            return self.peak
        return self.peak + (self.final - self.peak) * _fallen(self.decay, decayed / decay_steps)


def _fallen(decay: Decay, part: float) -> float:
    """How much of the fall is over after a part of the decay, both from 0 to 1.

    The cosine is that of Loshchilov and Hutter 2017, "SGDR"; the square root that of Hägele et al.
    2024, "Scaling laws and compute-optimal training beyond fixed training durations".
    """
    match decay:
        case "linear":
            return part
        case "cosine":
            return (1 - math.cos(math.pi * part)) / 2
        case "1-sqrt":
            return math.sqrt(part)
        case "none":
            return 0.0


def schedule_of(document: TrainingDocument, total: int) -> Schedule:
    """The schedule of a recipe, for a run of `total` steps."""
    peak, key = derived.base_learning_rate(document), derived.learning_rate_key(document)
    section, warmup = document.scheduler_config, derived.warmup_steps(document, total)
    if section:
        return Schedule(peak, section.min_lr, warmup, section.hold_steps, total, section.decay, key)
    decays = document.training_config.scheduler_type == "warmup_linear"
    return Schedule(peak, peak / _FINAL_DIVISOR if decays else peak, warmup, 0, total, key=key)
