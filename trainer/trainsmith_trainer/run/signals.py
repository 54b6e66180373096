"""Requests to stop, which the loop checks between two steps: Ctrl-C, SIGTERM, SIGHUP, a file."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from trainsmith_schemas.runs.events import CTRL_C, STOP_COMMAND

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_STANDARD_ERROR = 2
_MESSAGE = "\nStopping: a checkpoint is saved first. Ctrl-C again quits at once, without saving.\n"
_SHOW_CURSOR = "\033[?25h"


class StopRequest:
    """Whether a stop was requested, and by which signal or file."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self.by_file = False
        self.is_handled_late = False
        """Whether another thread has noted the signal, and the main thread's handler follows."""

    def __call__(self) -> bool:
        """Whether a stop was requested."""
        return self.signal is not None

    def look_for(self, file: Path) -> None:
        """Take a file as Ctrl-C, if there is one; it is removed, so that it stops one run only."""
        if self.signal is not None or not os.path.lexists(file):
            return
        with suppress(OSError):  # A folder of this name is no request.
            file.unlink()
            self.signal, self.by_file = signal.SIGINT, True

    @property
    def exit_code(self) -> int:
        """128 plus the signal's number, as in a shell."""
        return 128 + (self.signal or 0)

    @property
    def reason(self) -> str:
        """The signal, or the command that wrote the file, in words."""
        if self.by_file:
            return STOP_COMMAND
        names = {"SIGINT": CTRL_C, "SIGHUP": "SIGHUP, its terminal was closed"}
        return names.get(self.signal.name, self.signal.name) if self.signal else ""


@contextmanager
def stop_on_signals() -> Generator[StopRequest, None, None]:
    """Turn the first signal into a stop request; a second Ctrl-C ends the process at once.

    A signal that was ignored before, as `nohup` does with SIGHUP, stays ignored.
    """
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number, handler in before.items() if handler != signal.SIG_IGN]

    def note(number: int, _frame: FrameType | None) -> None:
        if signal.SIGINT in handled:
            # The system's default handler, not Python's, works during a long kernel too.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        if request.is_handled_late:
            request.is_handled_late = False
            return
        if request.signal is None:
            request.signal = signal.Signals(number)
            write_at_once(_MESSAGE)
        elif number == signal.SIGINT:  # It arrived before the default handler was set.
            signal.raise_signal(signal.SIGINT)

    for number in handled:
        signal.signal(number, note)
    try:
        yield request
    finally:
        for number in handled:
            signal.signal(number, before[number])


def write_at_once(message: str) -> None:
    """Write without Python's buffers, since the signal may have interrupted a write to them.

    The cursor, which the progress bar hides, is shown again: a second Ctrl-C leaves no time for it.
    """
    with suppress(OSError):
        if os.isatty(_STANDARD_ERROR):
            message = _SHOW_CURSOR + message
        os.write(_STANDARD_ERROR, message.encode())
