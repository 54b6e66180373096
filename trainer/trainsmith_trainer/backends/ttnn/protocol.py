"""What the run's process and the process with the device say to each other, through a socket.

The run's process sends a `Call`, and gets a `Result` or a `Failure`; until then, the other one
sends `ALIVE` when it has finished an operation, at most once a second. At `ABANDON`, it gives up a
call that can be given up. Both are processes of one run, so messages are pickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ALIVE = "alive"
ABANDON = "abandon"

Kind = Literal["run", "damaged", "value", "abandoned", "other"]


@dataclass(frozen=True)
class Call:
    """A method of the backend, with its arguments."""

    method: str
    arguments: tuple[Any, ...]
    can_be_abandoned: bool = False


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
