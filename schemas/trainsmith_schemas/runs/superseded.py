"""Which of a run's earlier events still count after it was resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

_Happened = TypeVar("_Happened")


def still_counting(earlier: Iterable[_Happened], steps_before: int) -> list[_Happened]:
    """Leave out the events that a later `run_started` supersedes.

    The run takes the steps after its checkpoint again, so earlier events of those steps are
    superseded.

    Args:
        earlier: events with a step, as classes of `events` or as JSON gives them.
        steps_before: that of the later `run_started`.
    """
    return [event for event in earlier if _step(event) <= steps_before]


def _step(event: Any) -> int:
    return event["step"] if isinstance(event, Mapping) else event.step
