"""Starting processes that read nothing from a stranger's folder on their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from trainsmith_system.reading import read_bytes

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


class NoAnswerError(Exception):
    """A program gave no answer. The text says what it did instead."""


class LateError(NoAnswerError):
    """A program took too long, and was ended."""


def file_of_module(
    module: str,
    scratch: Path,
    *,
    environment: Mapping[str, str] | None = None,
    seconds: float,
    most: int,
) -> bytes:
    """What a module writes into the file that is its only argument, in a process of its own.

    A file, because libraries may write anything to standard output.

    Args:
        module: what `python -m` would be given.
        scratch: an empty folder, its current one.
        environment: the variables that it gets; without them, those of this process.
        seconds: the most time that it may take.
        most: the most bytes of the file.

    Raises:
        NoAnswerError: it writes no file, or takes longer.
    """
    answer = scratch / "answer"
    process = start_python(
        module,
        [str(answer)],
        errors=subprocess.DEVNULL,
        folder=scratch,
        environment=environment,
        new_session=True,
    )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        process.wait()
        raise LateError(f"did not answer within {seconds:.0f} seconds") from None
    if not answer.exists():
        raise NoAnswerError(f"ended with exit code {code}")
    return read_bytes(answer, most)


def program_in_path(name: str) -> str | None:
    """A program's path. Windows, and a relative entry of `PATH`, would find a stranger's first.

    Args:
        name: without the `.exe` of Windows.
    """
    name = f"{name}.exe" if os.name == "nt" else name
    folders = filter(os.path.isabs, os.environ.get("PATH", "").split(os.pathsep))
    return next(filter(None, (shutil.which(str(Path(one) / name)) for one in folders)), None)


def answer_of(program: str, arguments: Sequence[str], *, seconds: float, most: int) -> bytes:
    """What a program writes to standard output; without input, and not in the current folder.

    A program in Python does not get this Python's variables, such as the folders of its packages.
    If it takes too long or writes too much, it is ended with everything that it has started.

    Args:
        program: its absolute path.
        arguments: its arguments.
        seconds: the most time that it may take.
        most: the most bytes that it may write.

    Raises:
        NoAnswerError: it cannot be started, fails, takes longer or writes more.
    """
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    try:
        process = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_OWN_FOLDER,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise NoAnswerError(f"cannot be started: {error.strerror}") from None
    late = threading.Event()

    def end_late() -> None:
        late.set()
        _end(process)

    timer = threading.Timer(seconds, end_late)
    with process:
        timer.start()
        assert process.stdout
        answer = process.stdout.read(most + 1)
        timer.cancel()
        # Only this thread ends it from here on: after the wait, its number may be another's.
        timer.join()
        if len(answer) > most:
            _end(process)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            end_late()
            code = process.wait()
    if late.is_set():
        raise LateError(f"did not answer within {seconds:.0f} seconds")
    if len(answer) > most:
        raise NoAnswerError(f"wrote more than {most:,} bytes")
    if code:
        said = answer.decode("utf-8", "replace").strip()
        raise NoAnswerError(f"failed: {said}" if said else f"failed with exit code {code}")
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
