"""A small recipe in a folder of its own, and real processes that run it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from patience import PATIENCE
from trainsmith_schemas.runs import events

KILLS = int(os.environ.get("TRAINSMITH_KILLS", "3"))
"""How often a run is killed. More kills take longer and cover rarer moments."""

TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind\n" * 40

RECIPE: dict[str, Any] = {
    "training_config": {
        "data_path": "text.txt",
        "model_config": "model.yaml",
        "batch_size": 4,
        "max_steps": 6,
        "learning_rate": 0.001,
        "validation_frequency": 3,
        "checkpoint_frequency": 2,
        "keep_last_n": 2,
    }
}

MODEL: dict[str, Any] = {
    "embedding_dim": 32,
    "num_blocks": 2,
    "num_heads": 4,
    "max_sequence_length": 16,
    "dropout_prob": 0.1,
}


@dataclass(frozen=True)
class Workspace:
    """A folder with `training.yaml`, `model.yaml` and `text.txt`."""

    path: Path

    def write_recipe(self, **changes: Any) -> None:
        training = {**RECIPE["training_config"], **changes.pop("training_config", {})}
        recipe = {"training_config": training, **changes}
        self.write("training.yaml", yaml.safe_dump(recipe, sort_keys=False))

    def write_model(self, **changes: Any) -> None:
        model = {"transformer_config": {**MODEL, **changes}}
        self.write("model.yaml", yaml.safe_dump(model, sort_keys=False))

    def write(self, name: str, content: str) -> None:
        (self.path / name).write_text(content, encoding="utf-8")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `trainsmith …` to its end."""
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def command_within(self, *arguments: str, gibibytes: int) -> subprocess.CompletedProcess[str]:
        """Run `trainsmith …` to its end in a process with limited address space."""
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({gibibytes << 30},) * 2)"
        run = f"from trainsmith.__main__ import main; main({list(arguments)!r})"
        return subprocess.run(
            [sys.executable, "-c", f"{limit}\n{run}"],
            cwd=self.path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def start(
        self, *arguments: str, environment: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start `trainsmith …` in the folder; options are those of `subprocess.Popen`."""
        everything: dict[str, Any] = {
            "cwd": self.path,
            "env": {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            **options,
        }
        return subprocess.Popen([sys.executable, "-m", "trainsmith", *arguments], **everything)

    def run_folder(self, name: str = "training-001") -> Path:
        return self.path / "checkpoints" / name

    def events(self, name: str = "training-001") -> list[events.Event]:
        lines = (self.run_folder(name) / "events.jsonl").read_text(encoding="utf-8").splitlines()
        return [events.EVENT.validate_json(line) for line in lines]


def make_workspace(path: Path) -> Workspace:
    workspace = Workspace(path)
    workspace.write_recipe()
    workspace.write_model()
    workspace.write("text.txt", TEXT)
    return workspace
