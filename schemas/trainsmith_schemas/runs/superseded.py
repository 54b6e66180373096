"""Which earlier events of a run still count after it is resumed."""

from __future__ import annotations

from typing import Protocol, TypeVar


class _AtStep(Protocol):
    @property
    def step(self) -> int: ...


_AnyEvent = TypeVar("_AnyEvent", bound=_AtStep)


def drop_superseded(earlier: list[_AnyEvent], steps_before: int) -> None:
    """Remove the events that a later `run_started` supersedes, in place.

    A resumed run takes the steps after its checkpoint again, so earlier events for those steps are
    superseded.

    Args:
        earlier: events in the order of their steps.
        steps_before: the value in the later `run_started`.
    """
    # From the end: a run may have millions of steps, and somebody may write thousands of starts.
    while earlier and earlier[-1].step > steps_before:
        earlier.pop()
