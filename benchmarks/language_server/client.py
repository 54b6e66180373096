"""A small LSP client over stdio, with what is needed to measure a server from outside."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any


class Client:
    """A connection to one server process. Times are in seconds, when a message's bytes arrive."""

    def __init__(self, command: Sequence[str], settings: dict[str, Any], root: Path) -> None:
        self._settings = settings
        self._root = root
        self._next_id = 0
        self._messages: Queue[tuple[float, dict[str, Any]]] = Queue()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self._read, daemon=True).start()

    def initialize(self) -> None:
        """Initialize the server and send the settings."""
        capabilities = {
            "textDocument": {
                "publishDiagnostics": {},
                "completion": {"completionItem": {"snippetSupport": True}},
                "hover": {"contentFormat": ["markdown"]},
                "synchronization": {},
            },
            "workspace": {"configuration": True, "didChangeConfiguration": {}},
        }
        params = {
            "processId": os.getpid(),
            "rootUri": self._root.as_uri(),
            "capabilities": capabilities,
        }
        self.request("initialize", params)
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": self._settings})

    def request(self, method: str, params: Any) -> tuple[float, Any]:
        """Send a request; return the seconds until its result, and the result."""
        self._next_id += 1
        number = self._next_id
        start = time.perf_counter()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        arrived, message = self._wait(lambda m: m.get("id") == number and "method" not in m)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        return arrived - start, message["result"]

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def diagnostics(self, uri: str, version: int, timeout: float = 60) -> tuple[float, Any]:
        """The time at which the diagnostics of a version arrived, and the diagnostics."""

        def matches(message: dict[str, Any]) -> bool:
            params = message.get("params", {})
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version", version) == version
            )

        arrived, message = self._wait(matches, timeout)
        return arrived, message["params"]["diagnostics"]

    def drain(self, quiet: float) -> None:
        """Wait until the server has not sent anything for some seconds."""
        try:
            while True:
                self._answer(self._messages.get(timeout=quiet)[1])
        except Empty:
            return

    def memory(self) -> float:
        """Resident memory of the server, MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        """Shut the server down, or kill it if that fails."""
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            self._process.wait(5)
        except (subprocess.TimeoutExpired, RuntimeError, TimeoutError, BrokenPipeError):
            self._process.kill()
            self._process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            body = stream.read(length)
            self._messages.put((time.perf_counter(), json.loads(body)))

    def _wait(self, matches: Any, timeout: float = 60) -> tuple[float, dict[str, Any]]:
        end = time.perf_counter() + timeout
        while True:
            try:
                arrived, message = self._messages.get(timeout=max(0, end - time.perf_counter()))
            except Empty:
                raise TimeoutError("the server did not answer") from None
            if matches(message):
                return arrived, message
            self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        """Answer a request of the server, as an editor would."""
        if "id" not in message or "method" not in message:
            return
        result: Any = None
        if message["method"] == "workspace/configuration":
            result = [self._setting(item.get("section")) for item in message["params"]["items"]]
        self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _setting(self, section: str | None) -> Any:
        value: Any = self._settings
        for part in (section or "").split("."):
            value = value.get(part) if isinstance(value, dict) and part else value
        return value
