"""The run's side of the process that has the device open."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from trainsmith_system.children import start_python
from trainsmith_system.folders import remove_tree
from trainsmith_system.reading import open_regular
from trainsmith_system.text import one_line, shortened
from trainsmith_system.writing import open_to_append
from trainsmith_trainer.backends.base import AbandonedStepError, DamagedStateError
from trainsmith_trainer.backends.ttnn.environment import SIMULATOR, child_environment
from trainsmith_trainer.backends.ttnn.protocol import ABANDON, Alive, Call, Failure, Result
from trainsmith_trainer.errors import RunError

SECONDS_WITHOUT_SIGN = 900.0
"""The most time that one operation may take, the compilation of its kernels included."""
_SECONDS_TO_CLOSE = 10.0
_SECONDS_BETWEEN_LOOKS = 0.2
_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_LAST_BYTES = 8192
"""Of what the process wrote; its last line says why it ended."""
_RESET = "if it happens again, reset the board with `tt-smi -r`; the run can be resumed"


class DeviceClient:
    """Starts the process, calls it, and explains its end."""

    def __init__(self) -> None:
        """Start the process; the device is not open yet."""
        self.on_compiled: Callable[[int], None] | None = None
        self._programs = 0
        self._scratch = Path(tempfile.mkdtemp(prefix="trainsmith-ttnn-"))
        self._output = self._scratch / "output.txt"
        ours, theirs = socket.socketpair()
        # Ctrl-C in the terminal reaches the run's process only, which then decides.
        with open_to_append(self._output) as output, theirs:
            self._process = start_python(
                "trainsmith_trainer.backends.ttnn.device_process",
                [str(theirs.fileno())],
                errors=output.fileno(),
                output=output.fileno(),
                folder=self._scratch,
                environment=child_environment(self._scratch),
                new_session=True,
                descriptors=[theirs.fileno()],
            )
        self._connection = Connection(ours.detach())
        # Also at the exit of this process.
        self.close = weakref.finalize(self, _close, self._connection, self._process, self._scratch)

    def call(self, method: str, *arguments: Any, can_be_abandoned: bool = False) -> Any:
        """Call a method of `device_process.DeviceProcess` or its backend.

        Args:
            method: its name.
            arguments: its arguments.
            can_be_abandoned: whether a signal to stop ends the call.

        Raises:
            AbandonedStepError: a signal ended it.
            RunError: the method failed, or the process ended or does not answer.
        """
        call = Call(method, arguments, can_be_abandoned)
        with _noticed_signals() as signals, self._explained():
            self._connection.send(call)
            deadline, told = time.monotonic() + SECONDS_WITHOUT_SIGN, False
            while True:
                if self._connection.poll(_SECONDS_BETWEEN_LOOKS):
                    message = self._connection.recv()
                    if not isinstance(message, Alive):
                        return _value(message)
                    self._tell(message)
                    deadline = time.monotonic() + SECONDS_WITHOUT_SIGN
                if signals and can_be_abandoned and not told:
                    self._connection.send(ABANDON)
                    told = True
                if time.monotonic() > deadline:
                    self._process.kill()
                    raise RunError(
                        f"the device has not finished an operation for "
                        f"{SECONDS_WITHOUT_SIGN:.0f} seconds; its process was ended",
                        advice=_RESET,
                    )

    def _tell(self, sign: Alive) -> None:
        """Tell how many programs have been compiled, if there are more than before."""
        if sign.programs and sign.programs > self._programs and self.on_compiled:
            self._programs = sign.programs
            self.on_compiled(sign.programs)

    @contextmanager
    def _explained(self) -> Generator[None, None, None]:
        """Explain the end of the process.

        Raises:
            RunError: it has ended. The text has its last line.
        """
        try:
            yield
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            code = self._process.wait()
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            line = _last_line(self._output)
            simulated = bool(os.environ.get(SIMULATOR))
            raise RunError(
                f"the process with the device {how}" + (f": {line}" if line else ""),
                advice="the simulator lacks something" if simulated else _RESET,
            ) from error


def holder() -> str:
    """The run's process in words, for others that find the board in use."""
    command = shorten_command(sys.argv)
    return f"process {os.getpid()} (`{command}`), since {time.strftime('%Y-%m-%d %H:%M')}"


def shorten_command(arguments: list[str]) -> str:
    """A command without the folder of its program."""
    program, *others = arguments or [""]
    return shortened(one_line(shlex.join([Path(program).name, *others])), 200)


def _value(message: Any) -> Any:
    if isinstance(message, Result):
        return message.value
    assert isinstance(message, Failure)
    if message.kind == "abandoned":
        raise AbandonedStepError
    if message.kind == "damaged":
        raise DamagedStateError(message.message)
    if message.kind == "value":
        raise ValueError(message.message)
    raise RunError(message.message, advice=message.advice, config_path=message.config_path)


@contextmanager
def _noticed_signals() -> Generator[list[int], None, None]:
    """The signals to stop that arrive within the block; their own handlers are called too."""
    noticed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noticed
        return
    before: dict[int, Any] = {}

    def notice(number: int, frame: FrameType | None) -> None:
        noticed.append(number)
        before[number](number, frame)

    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):
            before[number] = handler
            signal.signal(number, notice)
    try:
        yield noticed
    finally:
        for number, handler in before.items():
            # A handler may have replaced itself.
            if signal.getsignal(number) is notice:
                signal.signal(number, handler)


def _last_line(output: Path) -> str:
    """The last line that says something: the simulator ends with a line of statistics."""
    with suppress(OSError), open_regular(output) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
        telling = [line for line in lines if line.strip() and " seconds (" not in line]
        errors = [line for line in telling if "ERROR" in line or "Error" in line]
        return shortened(one_line((errors or telling or [""])[-1]), 300)
    return ""


def _close(connection: Connection, process: subprocess.Popen[bytes], scratch: Path) -> None:
    """Let the process close the device and end."""
    connection.close()
    try:
        process.wait(_SECONDS_TO_CLOSE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(OSError):
        remove_tree(scratch)
