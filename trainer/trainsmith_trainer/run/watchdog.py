"""Signals while this process waits for another rank, which may never answer.

Python runs signal handlers in the main thread, and only between two of its instructions. A thread
that waits in a library for another rank runs none. So another thread reads the signals too.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

from trainsmith_trainer.distributed.launch import Ranks
from trainsmith_trainer.run.signals import SIGNALS, StopRequest, write_at_once

_PATIENCE = 20.0
"""Seconds that this process waits for another rank after a signal, before it ends the others."""
_LOOKS_EVERY = 0.25
_ENDED = "\nAnother device does not answer: it is ended, and a checkpoint is saved.\n"
_ALONE = "\nAnother device does not answer: quitting without saving.\n"


@contextmanager
def watch(request: StopRequest, ranks: Ranks) -> Generator[None, None, None]:
    """Within the block, a signal ends the run even if another rank does not answer.

    The other ranks are ended after a while, so that waiting for them fails; the run then saves a
    checkpoint. Where `torchrun` has started them, or at a second signal, the process exits.

    Args:
        request: set by the first signal.
        ranks: all ranks.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        over = threading.Event()
        thread = threading.Thread(target=_watch, args=(reader, over, request, ranks), daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            over.set()
            thread.join()


def _watch(
    reader: socket.socket, over: threading.Event, request: StopRequest, ranks: Ranks
) -> None:
    """Read the numbers of signals, until the run is over."""
    waits, number, ended = ranks.rank_info.waits, 0, False
    while not over.is_set():
        readable, _, _ = select.select([reader], [], [], _LOOKS_EVERY)
        for received in reader.recv(64) if readable else b"":
            if received not in SIGNALS:
                continue
            if number and request.signal is None and waits.seconds:
                ranks.kill()
                os._exit(128 + received)
            number = number or received
        if number and waits.seconds > _PATIENCE and not ended:
            ended = True
            if request.signal is None:
                request.is_handled_late = True
                request.signal = signal.Signals(number)
            if not ranks.kill():
                write_at_once(_ALONE)
                os._exit(128 + number)
            write_at_once(_ENDED)
