"""A smoke run tells how long the whole run takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from trainsmith_trainer.run.plan import Plan

_Argument = TypeVar("_Argument")
_Result = TypeVar("_Result")


class Stopwatch:
    """Measures calls."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._calls = 0

    @property
    def mean(self) -> float:
        """Seconds of a call."""
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
    """Seconds that a run takes, after a shorter one.

    Args:
        whole: the run's plan.
        done: the shorter one's.
        trained: seconds of the shorter one's loop.
        validating: what its validations took of them.
        saving: what its checkpoints took of them.
    """
    step = (trained - validating.seconds - saving.seconds) / done.total_steps
    return (
        step * whole.total_steps
        + validating.mean * whole.validations
        + saving.mean * whole.checkpoints
    )
