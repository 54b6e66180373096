"""Writing to standard output and standard error."""

from __future__ import annotations

import sys

from trainsmith_system.text import encodable, printable


def say(text: str, *, error: bool = False, end: str = "\n") -> None:
    """Write text that may contain anything from outside, without letting it control the terminal.

    Args:
        text: one or several lines, or JSON.
        error: whether it goes to standard error.
        end: what is written after it.

    Raises:
        OSError: the stream is closed or full.
    """
    stream = sys.stderr if error else sys.stdout
    stream.write(encodable(printable(text) + end, stream.encoding or "utf-8"))
    stream.flush()


def write_result(text: str) -> None:
    """Write a command's result, such as a converted file, to standard output.

    A file or a pipe gets it as it is, in UTF-8 on every machine; a terminal gets it as from `say`.

    Raises:
        OSError: the stream is closed or full.
    """
    if sys.stdout.isatty():
        say(text, end="")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
