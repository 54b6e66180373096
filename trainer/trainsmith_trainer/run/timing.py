"""An estimate of how long a whole run takes, from a smoke run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from trainsmith_trainer.run.plan import Plan

_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


class Stopwatch:
    """Measures how long calls take."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._calls = 0

    @property
    def mean(self) -> float:
        """The mean seconds of a call."""
        return self.seconds / max(1, self._calls)

    def timed(self, function: Callable[[_Argument], _Result]) -> Callable[[_Argument], _Result]:
        """The same function, measured."""

        def measured(argument: _Argument) -> _Result:
            began = time.perf_counter()
            try:
                return function(argument)
            finally:
                self.seconds += time.perf_counter() - began
                self._calls += 1

        return measured


def seconds_of(
    whole: Plan, *, done: Plan, trained: float, validating: Stopwatch, saving: Stopwatch
) -> float:
    """The estimated seconds of a run, from a shorter one.

    Args:
        whole: the plan of the run.
        done: the plan of the shorter one.
        trained: seconds of the shorter one's loop.
        validating: the part of them that its validations took.
        saving: the part of them that its checkpoints took.
    """
    step = (trained - validating.seconds - saving.seconds) / done.total_steps
    return (
        step * whole.total_steps
        + validating.mean * whole.validations
        + saving.mean * whole.checkpoints
    )
