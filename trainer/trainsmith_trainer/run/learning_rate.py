"""How the learning rate moves from step to step."""

from __future__ import annotations

from dataclasses import dataclass

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import TrainingDocument

_FINAL_SHARE = 100
"""tt-train's `warmup_linear` goes down to a hundredth of the rate."""


@dataclass(frozen=True)
class Schedule:
    """A rate that rises from zero, holds, and falls in a straight line to the last step."""

    peak: float
    final: float
    """The rate at the last step."""
    warmup: int
    """Steps of rising; the last of them has the peak rate."""
    hold: int
    """Steps at the peak after them."""
    total: int
    """The run's steps."""
    key: str = ""
    """The key of the recipe that sets the peak."""

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        if step < self.warmup:
            return self.peak * step / self.warmup
        falling = self.total - self.warmup - self.hold
        fallen = min(step, self.total) - self.warmup - self.hold
        if falling <= 0 or fallen <= 0:
            return self.peak
        return self.peak + (self.final - self.peak) * fallen / falling


def schedule_of(document: TrainingDocument, total: int) -> Schedule:
    """The schedule that a recipe asks for, over a run of so many steps."""
    peak, key = derived.base_learning_rate(document), derived.learning_rate_key(document)
    section, warmup = document.scheduler_config, derived.warmup_steps(document, total)
    if section:
        return Schedule(peak, section.min_lr, warmup, section.hold_steps, total, key)
    falls = document.training_config.scheduler_type == "warmup_linear"
    return Schedule(peak, peak / _FINAL_SHARE if falls else peak, warmup, 0, total, key)
