"""What Weights & Biases gets besides settings and metrics, with the real package."""

from __future__ import annotations

import gzip
import json
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from workspace import Workspace

import trainsmith
from patience import PATIENCE

ARGUMENTS = ("train", "../{folder}/training.yaml", "--name", "private", "--max-steps", "3")
"""The path of the recipe is not what `trainsmith` itself would write."""

BUCKET = {
    "id": "1",
    "name": "run",
    "displayName": "run",
    "description": "",
    "config": "{}",
    "sweepName": None,
    "historyLineCount": 0,
    "project": {"id": "1", "name": "project", "entity": {"id": "1", "name": "entity"}},
}
ANSWERS = {
    "UpsertBucket": {"upsertBucket": {"bucket": BUCKET, "inserted": True}},
    "Viewer": {"viewer": {"id": "1", "entity": "entity", "username": "user", "flags": "{}"}},
    "ServerFeaturesQuery": {"serverInfo": {"features": []}},
    "CreateRunFiles": {"createRunFiles": {"runID": "1", "uploadHeaders": [], "files": []}},
}
"""What the service answers to a request by its operation; to all others it answers nothing."""


def _train(workspace: Workspace, **environment: str) -> None:
    workspace.write_recipe(training_config={"use_wandb": True})
    arguments = [argument.format(folder=workspace.path.name) for argument in ARGUMENTS]
    with workspace.start(*arguments, environment=environment) as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert "nothing more is sent" not in errors


def _secrets(workspace: Workspace) -> dict[str, bytes]:
    """What no one else needs to know, by its kind."""
    return {
        "an argument": f"../{workspace.path.name}/training.yaml".encode(),
        "Python's path": sys.executable.encode(),
        "the program's path": str(Path(trainsmith.__file__).parent).encode(),
        "installed packages": b"import-linter",
    }


def test_offline_run_has_no_file_about_the_machine(workspace: Workspace) -> None:
    _train(workspace, WANDB_MODE="offline")
    [folder] = workspace.run_folder("private").glob("wandb/offline-run-*")
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert {file.suffix for file in files} == {".wandb", ".log", ".syncstate"}
    for file, content in files.items():
        found = [kind for kind, secret in _secrets(workspace).items() if secret in content]
        assert found == [], file


def test_requests_contain_nothing_about_the_machine(workspace: Workspace) -> None:
    with _service() as (url, requests):
        _train(workspace, WANDB_MODE="online", WANDB_BASE_URL=url, WANDB_API_KEY="a" * 40)
    sent = b"\n".join(requests)
    assert b"train/loss" in sent
    assert [kind for kind, secret in _secrets(workspace).items() if secret in sent] == []
    [first, *_] = [json.loads(one) for one in requests if b"UpsertBucket" in one]
    variables = first["variables"]
    assert "batch_size" in variables["config"]
    assert (variables["host"], variables["program"]) in [(None, "trainsmith"), (None, None)]
    assert (variables["commit"], variables["repo"]) == (None, None)
    assert socket.gethostname() not in json.dumps({**variables, "config": ""})


@contextmanager
def _service() -> Generator[tuple[str, list[bytes]]]:
    """A local service that accepts every run: its address, and the requests that it received."""
    requests: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            requests.append(content)
            answer = json.dumps({"data": _answer(content)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()


def _answer(request: bytes) -> dict[str, Any]:
    return next((a for name, a in ANSWERS.items() if f'"{name}"'.encode() in request), {})
