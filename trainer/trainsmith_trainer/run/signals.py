"""Ctrl-C, SIGTERM and SIGHUP as stop requests, which the loop follows between two steps."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_STANDARD_ERROR = 2
_MESSAGE = "\nStopping: a checkpoint is saved first. Ctrl-C again quits at once, without saving.\n"
_SHOW_CURSOR = "\033[?25h"


class StopRequest:
    """Whether a stop was requested, and by which signal."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None

    def __call__(self) -> bool:
        """Whether a stop was requested."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as shells have it."""
        return 128 + (self.signal or 0)

    @property
    def reason(self) -> str:
        """The signal, as people know it."""
        names = {"SIGINT": "Ctrl-C", "SIGHUP": "SIGHUP, its terminal was closed"}
        return names.get(self.signal.name, self.signal.name) if self.signal else ""


@contextmanager
def stop_on_signals() -> Generator[StopRequest, None, None]:
    """Note the first signal instead of dying of it; a second Ctrl-C ends the process at once.

    A signal that was ignored before, as `nohup` does with SIGHUP, stays ignored.
    """
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number, handler in before.items() if handler != signal.SIG_IGN]

    def note(number: int, _frame: FrameType | None) -> None:
        if signal.SIGINT in heeded:
            # The system's own handling, not Python's: it works while a kernel computes for long.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        if request.signal is None:
            request.signal = signal.Signals(number)
            _say(_MESSAGE)
        elif number == signal.SIGINT:  # It came before the line above.
            signal.raise_signal(signal.SIGINT)

    for number in heeded:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def _say(message: str) -> None:
    """Write past Python's buffers, which the signal may have interrupted in the middle.

    The progress bar hides the cursor, and after a second Ctrl-C nothing would show it again.
    """
    with suppress(OSError):
        if os.isatty(_STANDARD_ERROR):
            message = _SHOW_CURSOR + message
        os.write(_STANDARD_ERROR, message.encode())
