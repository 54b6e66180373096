"""Compare our language server with yaml-language-server: the same files and edits, in turn.

    .venv/bin/python benchmarks/language_server/compare.py [--rounds N]

The peer uses our JSON Schema, so that both check and complete the same keys. It is installed from
npm into the cache the first time. The output is medians and the ratio ours / theirs; on a machine
that does other things too, only the ratios are meaningful.
"""

from __future__ import annotations

import argparse
import compileall
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client import Client

ROOT = Path(__file__).resolve().parents[2]
PEER_VERSION = "1.25.0"
CACHE = Path.home() / ".cache" / "trainsmith" / f"yaml-language-server-{PEER_VERSION}"
SCHEMA = ROOT / "schemas" / "generated" / "training.schema.json"
SIZES = (40, 1000, 20000)

RECIPE = """\
training_config:
  model_type: "llama"
  seed: 42
  batch_size: 8                    # one small device
  validation_batch_size: 2
  num_epochs: 3
  max_steps: 5000
  learning_rate: 0.0001
  weight_decay: 0.01
  use_moreh_adamw: true
  use_kahan_summation: false
  use_clip_grad_norm: true
  clip_grad_norm_max_norm: 1.0
  gradient_accumulation_steps: 4   # effective batch 32
  eval_every: 50
  model_save_interval: 100
  tokenizer_type: "bpe"
  checkpoint_dir: "checkpoints"
  model_config: "model_configs/model.yaml"

  # Logging
  log_level: "INFO"
  use_wandb: false
  wandb_project: "my-training"
  wandb_run_name: "n150-experiment"

  # Checkpoints
  checkpoint_frequency: 100
  validation_frequency: 50
  save_strategy: "steps"

eval_config:
  repetition_penalty: 1.0
  temperature: 0.0
  top_k: 50
  top_p: 1.0

device_config:
  enable_ddp: False
  mesh_shape: [1, 1]
"""


def document(lines: int) -> str:
    """A file of about this many lines: several recipes, all different."""
    copies = max(1, round(lines / (RECIPE.count("\n") + 1)))
    return "---\n".join(RECIPE.replace("seed: 42", f"seed: {42 + copy}") for copy in range(copies))


@dataclass
class Figures:
    """The measurements of one server: a list of samples for each situation."""

    samples: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def add(self, name: str, value: float) -> None:
        """Add one sample."""
        self.samples.setdefault(name, []).append(value)


def measure(start: Callable[[], Client], folder: Path, rounds: int, figures: Figures) -> None:
    """One session with a server: cold start, then every situation at every size."""
    began = time.perf_counter()
    client = start()
    client.initialize()
    figures.add("cold start → initialized, ms", (time.perf_counter() - began) * 1000)
    for size in SIZES:
        _measure_size(client, folder, size, rounds, figures, began)
    client.close()


def _measure_size(
    client: Client, folder: Path, size: int, rounds: int, figures: Figures, began: float
) -> None:
    path = folder / f"training_{size}.yaml"
    uri = path.as_uri()
    text = document(size)
    item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": item})
    arrived, _ = client.diagnostics(uri, 1)
    if size == SIZES[0]:
        figures.add("cold start → first diagnostics, ms", (arrived - began) * 1000)
    client.drain(1.0)
    line = next(n for n, row in enumerate(text.splitlines()) if "batch_size: 8" in row)
    version = 1
    for round_ in range(rounds):
        version += 1
        # A mistake is added and removed in turn, so that the diagnostics change each time.
        old, new = ("xyz", "8") if round_ % 2 else ("8", "xyz")
        _change(client, uri, version, (line, 14, 14 + len(old)), new)
        sent = time.perf_counter()
        arrived, _ = client.diagnostics(uri, version)
        figures.add(f"change → diagnostics, {size} lines, ms", (arrived - sent) * 1000)
    client.drain(0.5)
    end = text.count("\n")
    for round_ in range(rounds):
        version += 1
        _change(client, uri, version, (end, round_, round_), "#" if round_ == 0 else "x")
        position = {"line": line, "character": 2}
        params = {"textDocument": {"uri": uri}, "position": position}
        took, answer = client.request("textDocument/completion", params)
        if not answer or not (answer["items"] if isinstance(answer, dict) else answer):
            print(f"  no completions at {size} lines", file=sys.stderr)
        figures.add(f"completion after a keystroke, {size} lines, ms", took * 1000)
    client.drain(1.0)
    for _ in range(rounds):
        params = {"textDocument": {"uri": uri}, "position": {"line": line, "character": 5}}
        took, answer = client.request("textDocument/hover", params)
        if not answer:
            print(f"  no hover at {size} lines", file=sys.stderr)
        figures.add(f"hover, {size} lines, ms", took * 1000)
    figures.add(f"memory, {size} lines, MiB", client.memory())
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def _change(client: Client, uri: str, version: int, where: tuple[int, int, int], text: str) -> None:
    line, start, end = where
    range_ = {
        "start": {"line": line, "character": start},
        "end": {"line": line, "character": end},
    }
    params = {
        "textDocument": {"uri": uri, "version": version},
        "contentChanges": [{"range": range_, "text": text}],
    }
    client.notify("textDocument/didChange", params)


def peer_command() -> list[str]:
    """The command of yaml-language-server, which is installed into the cache from npm."""
    entry = CACHE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if not entry.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "package.json").write_text('{"private": true}', encoding="utf-8")
        package = f"yaml-language-server@{PEER_VERSION}"
        subprocess.run(["npm", "install", "--silent", package], cwd=CACHE, check=True)
    return ["node", str(entry), "--stdio"]


def compile_ours() -> None:
    """Compile our modules, as installing them does."""
    for package in ("cli", "schemas", "server"):
        compileall.compile_dir(ROOT / package, quiet=1)


def main() -> None:
    """Measure both in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="samples of each situation")
    parser.add_argument("--sessions", type=int, default=3, help="processes of each server")
    options = parser.parse_args()
    folder = ROOT / "test-output" / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    peer_settings: dict[str, Any] = {
        "yaml": {
            "schemas": {SCHEMA.as_uri(): "training_*.yaml"},
            "validate": True,
            "hover": True,
            "completion": True,
            "schemaStore": {"enable": False},
        }
    }
    ours, theirs = Figures(), Figures()
    command = [sys.executable, "-m", "trainsmith", "lsp"]
    compile_ours()
    peer = peer_command()
    for _ in range(options.sessions):
        measure(lambda: Client(command, {}, folder), folder, options.rounds, ours)
        measure(lambda: Client(peer, peer_settings, folder), folder, options.rounds, theirs)
    print(f"| situation | trainsmith | yaml-language-server {PEER_VERSION} | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for name, samples in ours.samples.items():
        mine, peers = statistics.median(samples), statistics.median(theirs.samples[name])
        print(f"| {name} | {mine:.1f} | {peers:.1f} | {mine / peers:.2f} |")


if __name__ == "__main__":
    main()
