"""Writing to standard output and standard error."""

from __future__ import annotations

import sys

from trainsmith_system.text import printable


def say(text: str, *, error: bool = False, end: str = "\n") -> None:
    """Write text that may contain anything from outside, without letting it control the terminal.

    Args:
        text: one or several lines.
        error: whether it goes to standard error.
        end: what is written after it.

    Raises:
        OSError: the stream is closed or full.
    """
    stream = sys.stderr if error else sys.stdout
    shown = printable(text) + end
    encoding = stream.encoding or "utf-8"
    stream.write(shown.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
