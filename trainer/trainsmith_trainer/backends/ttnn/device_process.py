"""The process that has the device open: it computes what the run's process calls.

A program of its own, started by `device_client.DeviceClient`, because an error of the device or the
simulator may end the process. Its argument is the number of an open socket. It ends when the other
side closes the socket, however the run ended, and then closes the device.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_system.lock import HeldError, hold
from trainsmith_system.reading import read_bytes
from trainsmith_system.writing import write_file
from trainsmith_trainer.backends.base import (
    AbandonedStepError,
    Arrays,
    DamagedStateError,
    Decoder,
)
from trainsmith_trainer.backends.tape.backend import TapeBackend, open_tape_decoder
from trainsmith_trainer.backends.ttnn.environment import SIMULATOR, lock_file
from trainsmith_trainer.backends.ttnn.guarded import GuardedOps
from trainsmith_trainer.backends.ttnn.protocol import ABANDON, Alive, Call, Failure, Kind, Result
from trainsmith_trainer.errors import RunError

_SECONDS_BETWEEN_SIGNS = 1.0
_MOST = 4096


class DeviceProcess:
    """Serves one run."""

    def __init__(self, connection: Connection, resources: ExitStack) -> None:
        """Wait for calls.

        Args:
            connection: to the run's process.
            resources: closes what was opened, at the end.
        """
        self._connection, self._resources = connection, resources
        self._last_sign = time.monotonic()
        self._can_be_abandoned = False
        self._ops: Any = None
        self._count_programs: Callable[[], int] | None = None
        self._backend: TapeBackend | None = None
        self._decoder: Decoder | None = None

    def serve(self) -> None:
        """Answer calls until the other side closes the socket."""
        while True:
            try:
                call = self._connection.recv()
            except EOFError:
                return
            if isinstance(call, Call):  # Else a late `ABANDON`.
                self._connection.send(self._answer(call))

    def open_device(self, holder: str) -> tuple[str, dict[str, str]]:
        """Open the device.

        Args:
            holder: the command of the run, for others that find the board in use.

        Returns:
            The device in words, and the versions of what computes.
        """
        import ttnn  # pyright: ignore[reportMissingImports]

        from trainsmith_trainer.backends.ttnn.ops import TtnnOps

        simulator = os.environ.get(SIMULATOR)
        if not simulator:  # Each process has its own simulator.
            self._resources.enter_context(_board_held(holder))
        try:
            device = ttnn.open_device(device_id=0)
        except RuntimeError as error:
            lines = " ".join(str(error).splitlines()[:4])
            advice = "run `tt-smi` to see the boards, or reset them with `tt-smi -r`"
            raise RunError(f"ttnn cannot open the device: {lines}", advice=advice) from error
        self._resources.callback(ttnn.close_device, device)
        # It is a convenience, which another version of ttnn may lack.
        self._count_programs = getattr(device, "num_program_cache_entries", None)
        native = not simulator
        self._ops = GuardedOps(TtnnOps(device, native=native), self._between)
        architecture = device.arch().name.replace("_B0", "").capitalize()
        words = f"Tenstorrent {architecture}, with ttnn"
        versions = {
            "ttnn": _version(),
            "device": architecture,
            "functions": "native" if native else "composed",
        }
        if simulator:
            words = f"simulated {words}: {Path(simulator).name}, no board"
            versions["simulator"] = Path(simulator).name
        return words, versions

    def open_backend(
        self, model: TransformerConfig, training: TrainingConfig, weights: Arrays | None
    ) -> int:
        """Open a model for training, and return how many parameters it has."""
        ops = self._ops
        matmul = ops.matmul_bf16 if training.precision == "bf16" else ops.matmul
        moreh = derived.asks_for_moreh(training)
        self._backend = TapeBackend(ops, "", {}, model, training, weights, matmul, moreh=moreh)
        return self._backend.parameters

    def open_decoder(self, model: TransformerConfig, weights: Arrays) -> None:
        """Open a trained model for generation."""
        self._decoder = open_tape_decoder(self._ops, model, weights)

    def decoder(self) -> None:
        """Begin to generate with the model that is trained; an earlier decoder ends."""
        assert self._backend is not None
        self._decoder = self._backend.decoder()

    def read(self, tokens: list[int]) -> Any:
        """See `base.Decoder`."""
        assert self._decoder is not None
        return self._decoder.read(tokens)

    def _answer(self, call: Call) -> Result | Failure:
        own = getattr(type(self), call.method, None)
        self._can_be_abandoned = call.can_be_abandoned
        try:
            target = self if own else self._backend
            return Result(getattr(target, call.method)(*call.arguments))
        except RunError as error:
            return Failure("run", error.message, error.advice, error.config_path)
        except Exception as error:
            return Failure(_kind(error), str(error) or type(error).__name__)
        finally:
            self._can_be_abandoned = False

    def _between(self) -> None:
        """Between two operations: show that the device works, and listen.

        Raises:
            AbandonedStepError: the run's process wants to stop.
            EOFError: it has ended.
        """
        if time.monotonic() - self._last_sign > _SECONDS_BETWEEN_SIGNS:
            self._connection.send(Alive(self._count_programs() if self._count_programs else None))
            self._last_sign = time.monotonic()
        told = self._connection.recv() if self._connection.poll() else None
        if told == ABANDON and self._can_be_abandoned:
            raise AbandonedStepError


def _kind(error: Exception) -> Kind:
    if isinstance(error, AbandonedStepError):
        return "abandoned"
    if isinstance(error, DamagedStateError):
        return "damaged"
    return "value" if isinstance(error, ValueError) else "other"


def _version() -> str:
    from importlib.metadata import version

    return version("ttnn")


@contextmanager
def _board_held(holder: str) -> Generator[None, None, None]:
    """Lock the board of this user's processes, and note who has it.

    Raises:
        RunError: another process has it. The text says which.
    """
    lock = lock_file()
    note = lock.with_suffix(".holder")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(lock))
        except HeldError:
            raise RunError(
                f"the board is used by {_noted(note)}", advice="wait until it has ended, or stop it"
            ) from None
        write_file(note, holder.encode())
        yield


def _noted(note: Path) -> str:
    try:
        return read_bytes(note, _MOST).decode("utf-8", "replace")
    except OSError:
        return "another process"


def main(descriptor: int) -> None:
    """Serve the run at the other end of a socket."""
    with ExitStack() as resources, Connection(descriptor) as connection:
        try:
            DeviceProcess(connection, resources).serve()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # The run's process has ended during a call.


if __name__ == "__main__":
    main(int(sys.argv[1]))
