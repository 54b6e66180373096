"""pygls with a message queue: it reads ahead, drops cancelled requests and reports when it is idle.

Our own `Session` keeps the texts. pygls would split lines with `str.splitlines`, which also breaks
at U+2028 and form feeds, so its texts would get out of sync with the editor.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Callable, Generator
from threading import Event, Thread
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcRequestCancelled
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

_CHUNK = 1 << 16
_PAUSE = 0.002
"""In seconds; an editor sends the requests that follow a keystroke within this time."""

_TURNS = 4
"""Of the event loop: what has arrived is passed on, read and queued, one after the other."""


class Protocol(LanguageServerProtocol):
    """Queues messages while others are read, so that a cancelled request is never started."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: deque[Any] = deque()
        self._at_work = False
        self._pause: asyncio.TimerHandle | None = None
        self.when_idle: Callable[[], None] = lambda: None
        """Called when no message is waiting."""

    def handle_message(self, message: Any) -> None:
        """Queue a message; a cancellation removes its request from the queue."""
        if getattr(message, "method", None) == lsp.CANCEL_REQUEST:
            running = message.params.id in self._request_futures
            if self._cancel(message) or not running:
                return
        self._waiting.append(message)
        if self._pause:
            self._pause.cancel()
        if not self._at_work:
            self._at_work = True
            asyncio.get_running_loop().call_soon(self._work)

    async def give_way(self) -> None:
        """Let every message be handled that has arrived, before a task of long continues."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await self.finish()

    async def finish(self) -> None:
        """Wait until every message has been handled."""
        while self._at_work:
            await asyncio.sleep(0)

    def _work(self) -> None:
        """Handle one message, and let the reader run before the next."""
        loop = asyncio.get_running_loop()
        try:
            if self._waiting:
                super().handle_message(self._waiting.popleft())
        except SystemExit:  # The editor has sent `exit`.
            self._waiting.clear()
            self.when_idle = lambda: None
            raise
        finally:
            self._at_work = bool(self._waiting)
            if self._at_work:
                loop.call_soon(self._work)
            else:
                self._pause = loop.call_later(_PAUSE, lambda: self.when_idle())

    def _cancel(self, message: Any) -> bool:
        """Cancel a waiting request; false if there is none."""
        for request in self._waiting:
            if getattr(request, "id", None) == message.params.id and hasattr(request, "method"):
                self._waiting.remove(request)
                error = JsonRpcRequestCancelled("the request was cancelled before it was started")
                self._send_response(request.id, error=error.to_response_error())
                return True
        return False

    # Without these methods, pygls would keep the texts itself.

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: Any) -> Generator[Any, Any, None]:
        """Leave it to our own handler."""
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: Any) -> Generator[Any, Any, None]:
        """Leave it to our own handler."""
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: Any) -> Generator[Any, Any, None]:
        """Leave it to our own handler."""
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class Stdout(StdoutWriter):
    """A writer that ignores writes after it is closed; pygls would report them by writing again."""

    def write(self, data: bytes) -> None:
        """Write bytes unless stdout is closed."""
        if not self._stdout.closed:
            super().write(data)


def serve_stdio(server: LanguageServer) -> None:
    """Serve one editor until it exits or closes stdin.

    pygls would read a message only after it has handled the previous one. Here a separate thread
    reads ahead.
    """
    protocol = server.protocol
    assert isinstance(protocol, Protocol)
    protocol.set_writer(Stdout(sys.stdout.buffer))
    try:
        asyncio.run(_serve(server, protocol))
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # The editor has exited.
    finally:
        server.shutdown()


async def _serve(server: LanguageServer, protocol: Protocol) -> None:
    loop, reader, stdin = asyncio.get_running_loop(), asyncio.StreamReader(), sys.stdin.fileno()

    def read() -> None:
        try:
            while data := os.read(stdin, _CHUNK):
                loop.call_soon_threadsafe(reader.feed_data, data)
            loop.call_soon_threadsafe(reader.feed_eof)
        except RuntimeError:  # The event loop has already ended.
            pass

    Thread(target=read, daemon=True, name="stdin").start()
    stopped = Event()
    await run_async(stopped, reader, protocol, error_handler=server.report_server_error)
    await protocol.finish()
