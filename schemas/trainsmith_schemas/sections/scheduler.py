"""`scheduler_config`: the learning rate schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Integer, Number, ReadBy, Section, Typical

# In tt-train, the fine-tuning examples read this section.
_READERS = ReadBy("trainsmith", "tt-train", "tt-train-flat")


class SchedulerConfig(Section):
    """A learning rate schedule: linear warm-up, hold, then decay until the last step.

    With `hold_steps`, it is the schedule that others call WSD (warm-up, stable, decay).

    If `max_lr` is set, it overrides `learning_rate`.
    """

    max_lr: Annotated[
        Number | None, Field(gt=0), Typical(1e-5, 3e-4), Examples(1.0e-4), _READERS
    ] = None
    """The learning rate after warm-up. Defaults to the learning rate in `training_config`."""

    min_lr: Annotated[Number, Field(ge=0), Examples(0.0, 1.0e-5), _READERS] = 0.0
    """The learning rate at the last step."""

    warmup_steps: Annotated[Integer, Field(ge=0), Typical(10, 500), Examples(100), _READERS] = 0
    """The number of optimizer steps over which the rate rises from zero to `max_lr`."""

    hold_steps: Annotated[Integer, Field(ge=0), _READERS] = 0
    """The number of optimizer steps at `max_lr` before the rate decays."""

    decay: Annotated[
        Literal["linear", "cosine", "1-sqrt", "none"],
        Examples(
            ("linear", "to train a small model from scratch"),
            ("cosine", "for a long run of a known length"),
            ("1-sqrt", "after many `hold_steps`"),
            ("none", "a constant rate after the warm-up"),
        ),
        ReadBy("trainsmith"),
    ] = "linear"
    """How the rate falls from `max_lr` to `min_lr`: in a line, in half a cosine, or first quickly.

    `none` keeps `max_lr` until the end; `min_lr` then has no effect. tt-train decays linearly.
    """
