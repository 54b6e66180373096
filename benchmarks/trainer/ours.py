"""`trainsmith train`, stopping after each turn; everything else is as in a real run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from shapes import TEXT, Shape
from turns import Turns

NEVER = 1_000_000_000


def write_recipe(folder: Path, shape: Shape) -> Path:
    """Write a recipe and its model file for a shape, and return the recipe's path."""
    model = {
        "model_type": "gpt2",
        "embedding_dim": shape.width,
        "num_blocks": shape.layers,
        "num_heads": shape.heads,
        "max_sequence_length": shape.length,
        "dropout_prob": shape.dropout,
        "bias": False,
        "weight_tying": "enabled",
    }
    training = {
        "data_path": str(TEXT),
        "model_config": "model.yaml",
        "batch_size": shape.batch,
        "max_steps": NEVER,
        "optimizer": {"lr": 0.001, "beta2": 0.99, "weight_decay": 0.1},
        "validation_frequency": NEVER,
        "checkpoint_frequency": NEVER,
        "checkpoint_dir": str(folder / "runs"),
    }
    (folder / "model.yaml").write_text(yaml.safe_dump({"transformer_config": model}))
    (folder / "training.yaml").write_text(yaml.safe_dump({"training_config": training}))
    return folder / "training.yaml"


def main() -> None:
    from trainsmith_schemas.runs import events
    from trainsmith_trainer.config.load import load_config
    from trainsmith_trainer.run import training as run

    turns, plain = Turns(), run.open_report

    @contextmanager
    def report_in_turns(*arguments: Any) -> Generator[Any, None, None]:
        with plain(*arguments) as emit:

            def emit_and_wait(event: events.Event) -> None:
                emit(event)
                if isinstance(event, events.Step):
                    turns.step_done()

            yield emit_and_wait

    run.open_report = report_in_turns
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        run.run_training(load_config(write_recipe(Path(folder), Shape.from_argument())), None)


if __name__ == "__main__":
    main()
