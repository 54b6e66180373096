"""`training_curves.png`, drawn from time to time during a run."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import CURVES
from trainsmith_system.terminal import say
from trainsmith_trainer.history.plots import start_drawing, wait_for_drawing

_SECONDS_BETWEEN_DRAWINGS = 120.0


class Curves:
    """Draws the picture from time to time after validations, and at the end of a run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._last = time.monotonic()

    def __call__(self, event: events.Event) -> None:
        """Draw, if it is time."""
        if isinstance(event, events.ENDINGS):
            self._wait()
            self._draw()
            self._wait()
        elif isinstance(event, events.Validation) and self._is_time():
            self._wait()
            self._draw()

    def _is_time(self) -> bool:
        busy = self._child is not None and self._child.poll() is None
        return not busy and time.monotonic() - self._last > _SECONDS_BETWEEN_DRAWINGS

    def _draw(self) -> None:
        self._last = time.monotonic()
        self._child = start_drawing(self._folder / CURVES, [self._folder])

    def _wait(self) -> None:
        if self._child is None:
            return
        complaint = wait_for_drawing(self._child)
        if complaint:
            say(f"warning: {CURVES} was not drawn: {complaint}", error=True)
        self._child = None
