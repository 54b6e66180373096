"""`trainsmith train` for a job: its recipe, and the conversations that each of its steps reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import yaml
from job import ALPHA, CLIP, RANK, WEIGHT_DECAY, Job

from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.data.batches import Position, Sampler
from trainsmith_trainer.data.rows import Rows
from trainsmith_trainer.run.corpus import read_corpus

LENGTH = 512
"""The most tokens of a packed row, of which each step reads one."""
NAME = "run"
RUN = Path("checkpoints") / NAME
NEVER = 1_000_000

Counts = list[dict[str, int]]
"""How many tokens each conversation has, and how many of them the loss counts."""


def write_recipe(job: Job, folder: Path) -> Path:
    """Write the recipe of a job and its model file, and return the recipe's path."""
    recipe: dict[str, object] = {
        "training_config": {
            "data_path": job.data,
            "model_config": "model.yaml",
            "validation_split": 0.0,
            "packing": True,
            "sequence_length": LENGTH,
            "batch_size": 1,
            "max_steps": job.steps,
            "precision": job.precision,
            "learning_rate": job.learning_rate,
            "weight_decay": WEIGHT_DECAY,
            "clip_grad_norm_max_norm": CLIP,
            "validation_frequency": NEVER,
            "checkpoint_frequency": NEVER,
        }
    }
    if job.adapter:
        recipe["lora_config"] = {"r": RANK, "lora_alpha": ALPHA, "adapter_path": job.adapter}
    model = {"transformer_config": {"model_path": job.model}}
    (folder / "model.yaml").write_text(yaml.safe_dump(model), encoding="utf-8")
    path = folder / "training.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def with_batches(job: Job, recipe: Path) -> tuple[Job, Counts]:
    """The job with the conversations that each step of ours reads, and their tokens."""
    config = load_config(recipe)
    corpus, _ = read_corpus(config)
    rows, stream = corpus.sequences, corpus.training
    assert isinstance(rows, Rows)
    sampler, position = Sampler(rows, config.document.training_config.seed), Position()
    batches: list[list[int]] = []
    for _ in range(job.steps):
        numbers = sampler.numbers(position, 1)
        _, position = sampler.take(position, 1)
        batches.append([each for number in numbers for each in rows.documents(int(number))])
    assert stream.loss_mask is not None
    counts = [
        {"tokens": int(end - start), "counted": int(stream.loss_mask[start:end].sum())}
        for start, end in zip(stream.starts, stream.documents["end"], strict=True)
    ]
    return replace(job, batches=batches), counts


def read_steps(events: Path) -> list[dict[str, float]]:
    """The steps of a run so far, from its events; TRL's side writes the same fields."""
    if not events.exists():
        return []
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True)
    found = [json.loads(line) for line in lines if line.endswith("\n")]
    return [each for each in found if each["event"] == "step"]
