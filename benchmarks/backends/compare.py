"""The speed of the backends, with one thread each: tokens per second of CPU time.

CPU time does not depend on what else the machine does. PyTorch can use more cores, and GPUs.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # Before NumPy is loaded.

import argparse
import statistics
import time
from typing import Any

import numpy as np

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.backends.registry import choose_backend
from trainsmith_trainer.data.batches import Batch

BACKENDS = ("torch", "numpy")
ROWS, VOCABULARY = 8, 65
SAMPLE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "embedding_dim": 128,
    "num_blocks": 4,
    "num_heads": 4,
    "max_sequence_length": 128,
    "dropout_prob": 0.0,
    "weight_tying": "enabled",
}
"""The shape of `examples/shakespeare`."""
LARGER = {"embedding_dim": 384, "num_blocks": 6, "num_heads": 6, "max_sequence_length": 256}
MODELS: dict[str, dict[str, Any]] = {
    "the sample's LLaMA": {**SAMPLE, "model_type": "llama", "num_groups": 2},
    "a GPT-2 of this shape": {**SAMPLE, "model_type": "gpt2"},
    "a LLaMA of width 384": {**SAMPLE, **LARGER, "model_type": "llama"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10, help="steps of each backend, in turn")
    steps = parser.parse_args().steps
    print("| model | " + " | ".join(BACKENDS) + " | ratio |")
    print("| --- |" + " --- |" * (len(BACKENDS) + 1))
    for name, shape in MODELS.items():
        model = ModelDocument.model_validate({"transformer_config": shape}).transformer_config
        opened = {
            each: choose_backend(each).module.open_backend(model, TrainingConfig())
            for each in BACKENDS
        }
        tokens = np.random.default_rng(0).integers(
            0, VOCABULARY, (ROWS, model.max_sequence_length + 1)
        )
        batch = Batch(tokens[:, :-1], tokens[:, 1:])
        seconds: dict[str, list[float]] = {each: [] for each in BACKENDS}
        for step in range(steps + 1):
            for each, backend in opened.items():
                taken = _step(backend, batch)
                if step:  # The first step includes what is done once.
                    seconds[each].append(taken)
        speeds = [batch.inputs.size / statistics.median(each) for each in seconds.values()]
        shown = " | ".join(f"{speed:,.0f}" for speed in speeds)
        print(f"| {name} | {shown} | {speeds[0] / speeds[1]:.2f} |", flush=True)


def _step(backend: Backend, batch: Batch) -> float:
    before = time.process_time()
    backend.gradient([batch])
    backend.update(1e-4)
    return time.process_time() - before


if __name__ == "__main__":
    main()
