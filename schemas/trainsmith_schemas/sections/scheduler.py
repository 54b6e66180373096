"""`scheduler_config`: how the learning rate moves during a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, Number, ReadBy, Section, Typical

# In tt-train it is the fine-tuning examples that read this section.
_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")


class SchedulerConfig(Section):
    """A learning rate that rises, holds, and falls in a straight line to the last step.

    Its `max_lr`, where it is written, wins over `learning_rate`.
    """

    max_lr: Annotated[
        Number | None, Field(gt=0), Typical(1e-5, 3e-4), Examples(1.0e-4), _READERS
    ] = None
    """The rate after the warm-up. Without it, the learning rate of `training_config` counts."""

    min_lr: Annotated[Number, Field(ge=0), Examples(0.0, 1.0e-5), _READERS] = 0.0
    """The rate at the last step."""

    warmup_steps: Annotated[Integer, Field(ge=0), Typical(10, 500), Examples(100), _READERS] = 0
    """Optimizer steps during which the rate rises from zero to `max_lr`."""

    hold_steps: Annotated[Integer, Field(ge=0), _READERS] = 0
    """Optimizer steps at `max_lr` before the rate falls."""
