"""Writing to standard output and standard error."""

from __future__ import annotations

import sys

from trainsmith_system.text import encodable, one_line, printable


def say(*lines: str, error: bool = False) -> None:
    """Write lines that may contain anything from outside, without letting it control the terminal.

    A line break in a line is escaped: CI systems read commands at the beginning of lines.

    Args:
        lines: what is written, each on a line of its own.
        error: whether it goes to standard error.

    Raises:
        OSError: the stream is closed or full.
    """
    _write("".join(f"{one_line(line)}\n" for line in lines), error=error)


def write_result(text: str) -> None:
    """Write a command's result, such as a converted file, to standard output.

    A file or a pipe gets it as it is, in UTF-8 on every machine; a terminal gets it as from `say`.

    Raises:
        OSError: the stream is closed or full.
    """
    if sys.stdout.isatty():
        _write(printable(text))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def _write(text: str, *, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    stream.write(encodable(text, stream.encoding or "utf-8"))
    stream.flush()
