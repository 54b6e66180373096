"""Writing to standard output and standard error."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable

from trainsmith_system.text import encodable, one_line, printable, without_commands


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

    A file or a pipe gets it as it is, in UTF-8 on every machine; in a terminal it controls nothing,
    and in the log of a CI system no line is a command.

    Raises:
        OSError: the stream is closed or full.
    """
    if _is_log():
        _write("\n".join(map(without_commands, printable(text).split("\n"))))
        return
    if sys.stdout.isatty():
        _write(printable(text))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def write_pieces(pieces: Iterable[str]) -> None:
    """Write a result that is made piece by piece, such as a model's text, each piece at once.

    The log of a CI system gets whole lines, because a command may be divided between two pieces.

    Raises:
        OSError: the stream is closed or full.
    """
    for piece in ["".join(pieces)] if _is_log() else pieces:
        write_result(piece)


_LOGGED_BY = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables of the CI systems that read commands in logs."""


def _is_log() -> bool:
    """Whether standard output may be the log of a CI system. A file is not."""
    if not any(map(os.environ.get, _LOGGED_BY)):
        return False
    try:
        return not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except OSError:  # It has no number.
        return True


def _write(text: str, *, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    stream.write(encodable(text, stream.encoding or "utf-8"))
    stream.flush()
