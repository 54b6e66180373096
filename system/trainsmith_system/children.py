"""Starting Python processes that read nothing from a stranger's folder on their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_STARTER = Path(__file__).with_name("start.py")
_OWN_FOLDER = Path(__file__).absolute().parent
"""Libraries look for settings in the current folder, as matplotlib does; here are none."""


def python_command(module: str, arguments: Sequence[str]) -> list[str]:
    """The command that runs a module in this Python: a list of arguments, for no shell."""
    return [sys.executable, str(_STARTER), module, *arguments]


def start_python(
    module: str,
    arguments: Sequence[str],
    *,
    errors: IO[bytes] | int,
    folder: Path = _OWN_FOLDER,
    environment: Mapping[str, str] | None = None,
    new_session: bool = False,
    output: IO[bytes] | int = subprocess.DEVNULL,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a module in a process of its own, without input.

    Args:
        module: what `python -m` would be given.
        arguments: its arguments.
        errors: what receives standard error: a file, or `subprocess.PIPE`.
        folder: its current folder; without one, relative paths in the arguments have no meaning.
        environment: the variables that it gets; without them, those of this process.
        new_session: whether Ctrl-C in the terminal leaves the process alone.
        output: what receives standard output; without it, nothing does.
        descriptors: open files that it inherits, with the same numbers; not on Windows.
    """
    return subprocess.Popen(
        python_command(module, arguments),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        cwd=folder,
        env=None if environment is None else dict(environment),
        start_new_session=new_session,
        pass_fds=descriptors,
    )
