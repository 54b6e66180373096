"""Which earlier events of a run still count after it is resumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

_AnyEvent = TypeVar("_AnyEvent")


def still_counting(earlier: Iterable[_AnyEvent], steps_before: int) -> list[_AnyEvent]:
    """Remove the events that a later `run_started` supersedes.

    A resumed run takes the steps after its checkpoint again, so earlier events for those steps are
    superseded.

    Args:
        earlier: events with a step, as instances of the classes in `events` or as parsed JSON.
        steps_before: the value in the later `run_started`.
    """
    return [event for event in earlier if _step(event) <= steps_before]


def _step(event: Any) -> int:
    return event["step"] if isinstance(event, Mapping) else event.step
