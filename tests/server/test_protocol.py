"""Messages are read ahead: cancelled requests are dropped, and requests are answered first."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from patience import PATIENCE
from trainsmith_server.lsp.protocol import Stdout

URI = "file:///training.yaml"
LARGE = "---\n".join(f"training_config:\n  seed: {seed}\n  batch_size: 0\n" for seed in range(2000))


def talk(*messages: dict[str, Any], folder: Path | None = None) -> list[dict[str, Any]]:
    """All messages of a server that receives some messages at once and then exits."""
    folders = [{"uri": folder.as_uri(), "name": "workspace"}] if folder else []
    initial = {"capabilities": {}, "workspaceFolders": folders}
    opened = {"uri": URI, "languageId": "yaml", "version": 1, "text": LARGE}
    start = (
        {"id": "start", "method": "initialize", "params": initial},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": opened}},
    )
    end = ({"id": "end", "method": "shutdown"}, {"method": "exit"})
    sent = b""
    for message in (*start, *messages, *end):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        sent += b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    command = [sys.executable, "-m", "trainsmith", "lsp"]
    done = subprocess.run(command, input=sent, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, b"")
    said: list[dict[str, Any]] = []
    rest = done.stdout
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        said.append(json.loads(rest[:length]))
        rest = rest[length:]
    return said


def hover(number: int) -> dict[str, Any]:
    at = {"textDocument": {"uri": URI}, "position": {"line": 1, "character": 4}}
    return {"id": number, "method": "textDocument/hover", "params": at}


def cancel(number: int) -> dict[str, Any]:
    return {"method": "$/cancelRequest", "params": {"id": number}}


def answers(said: list[dict[str, Any]]) -> dict[Any, Any]:
    """The error code, or `None` for a result, of every request."""
    return {one["id"]: one.get("error", {}).get("code") for one in said if "id" in one}


def test_a_cancelled_request_is_answered_and_never_started() -> None:
    said = talk(hover(1), hover(2), hover(3), cancel(2), cancel(99))
    assert answers(said) == {"start": None, 1: None, 2: -32800, 3: None, "end": None}


def test_a_request_is_answered_before_diagnostics_of_an_earlier_change() -> None:
    change = {
        "textDocument": {"uri": URI, "version": 2},
        "contentChanges": [{"text": LARGE + "---\ntraining_config:\n  batch_size: 0\n"}],
    }
    said = talk({"method": "textDocument/didChange", "params": change}, hover(1))
    kinds = [one.get("method", one.get("id")) for one in said]
    published = "textDocument/publishDiagnostics"
    assert 1 in kinds
    assert published not in kinds or kinds.index(1) < kinds.index(published)


def test_requests_are_answered_between_the_files_of_the_workspace(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.yaml").write_text("training_config:\n  seed: a\n", encoding="utf-8")
    pull = {"previousResultIds": [], "partialResultToken": "part"}
    whole = {"id": "whole", "method": "workspace/diagnostic", "params": pull}
    said = talk(whole, *map(hover, range(1, 6)), folder=tmp_path)
    kinds = [one.get("method", one.get("id")) for one in said]
    assert [one for one in kinds if one in (*range(1, 6), "$/progress")][:5] == [1, 2, 3, 4, 5]


def test_writes_after_closing_are_ignored() -> None:
    """Otherwise pygls would report the failed write by writing again, in a loop."""
    stdout = BytesIO()
    writer = Stdout(stdout)
    writer.write(b"early")
    assert stdout.getvalue() == b"early"
    writer.close()
    writer.write(b"late")
