"""What the run's process and the process with the device say to each other, through a socket.

The run's process sends a `Call`, and gets a `Result` or a `Failure`; until then, the other one
sends `Alive` when it has finished an operation, at most once a second. At `ABANDON`, it gives up a
call that can be given up. Both are processes of one run, so messages are pickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ABANDON = "abandon"

Kind = Literal["run", "damaged", "value", "abandoned", "other"]


@dataclass(frozen=True)
class Call:
    """A method of the backend, with its arguments."""

    method: str
    arguments: tuple[Any, ...]
    can_be_abandoned: bool = False


@dataclass(frozen=True)
class Alive:
    """An operation has finished."""

    programs: int | None
    """How many programs have been compiled so far; `None` if the device does not say."""


@dataclass(frozen=True)
class Result:
    """What the method returned."""

    value: Any


@dataclass(frozen=True)
class Failure:
    """What the method raised."""

    kind: Kind
    """`RunError`, `DamagedStateError`, `ValueError`, `AbandonedStepError`, any other."""
    message: str
    advice: str | None = None
    config_path: str | None = None
