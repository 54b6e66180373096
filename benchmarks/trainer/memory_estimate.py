"""Compare the estimate of a run's memory, which `--dry-run` shows, with the peak of the run.

    .venv/bin/python benchmarks/trainer/memory_estimate.py [--only NAME]… [--steps N]

Each recipe trains for a few steps, with a validation and a checkpoint, in a process of its own. On
a CPU, the peak is that of the resident memory minus what the process had after all imports and a
step of a tiny model: it is what the run itself takes, and so is the estimate. Runs return freed
memory to the system where it is scarce, and so do these; `--plentiful` measures what they take
where it is not. On a GPU, it is PyTorch's
`torch.cuda.max_memory_allocated`. With several ranks, both are those of one rank; on a machine with
fewer GPUs than ranks, the CPU is measured.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from shapes import TEXT

from trainsmith_schemas.meaning.memory import peak_memory
from trainsmith_schemas.quantities import size
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.allocation import RETURNS
from trainsmith_trainer.backends.registry import choose_backend
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.run import memory as free_here
from trainsmith_trainer.run.corpus import read_corpus
from trainsmith_trainer.run.free_memory import Free
from trainsmith_trainer.run.largest_batch import largest_passes
from trainsmith_trainer.run.training import run_training

BASE = "base"
"""The pretrained model of fine-tuning: a random one, written by the first run."""

GPT2 = {
    "model_type": "gpt2",
    "embedding_dim": 384,
    "num_blocks": 6,
    "num_heads": 6,
    "max_sequence_length": 256,
    "vocab_size": 8000,
    "dropout_prob": 0.0,
    "weight_tying": "enabled",
}
LLAMA = {**GPT2, "model_type": "llama", "num_groups": 2, "intermediate_dim": 1024}
WARM_UP = TransformerConfig(
    model_type="llama", vocab_size=8, embedding_dim=64, num_heads=2, num_blocks=1
)
TUNED = {"model_path": BASE}
TEXTS = {"data_path": "text.txt", "batch_size": 8}
EXAMPLES = {"data_path": "examples.jsonl", "validation_split": 0.1, "batch_size": 8}
LORA = {"r": 16, "lora_alpha": 32}
Recipe = tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]
"""The sections `transformer_config` and `training_config`, and the other sections."""

RECIPES: dict[str, Recipe] = {
    "GPT-2": (GPT2, TEXTS, {}),
    "GPT-2, dropout": ({**GPT2, "dropout_prob": 0.2}, TEXTS, {}),
    "LLaMA": (LLAMA, TEXTS, {}),
    "LLaMA, batch 2": (LLAMA, {**TEXTS, "batch_size": 2}, {}),
    "LLaMA, batch 2, accumulated": (
        LLAMA,
        {**TEXTS, "batch_size": 2, "gradient_accumulation_steps": 4},
        {},
    ),
    "LLaMA, length 64": (LLAMA, {**TEXTS, "sequence_length": 64}, {}),
    "LLaMA, vocabulary of 50,000": ({**LLAMA, "vocab_size": 50_000}, TEXTS, {}),
    "LLaMA, memory_efficient": ({**LLAMA, "runner_type": "memory_efficient"}, TEXTS, {}),
    "LLaMA, Muon": (LLAMA, {**TEXTS, "batch_size": 2, "optimizer": {"type": "Muon"}}, {}),
    "LLaMA, SGD": (LLAMA, {**TEXTS, "batch_size": 2, "optimizer": {"type": "SGD"}}, {}),
    "LLaMA, SGD with momentum": (
        LLAMA,
        {**TEXTS, "batch_size": 2, "optimizer": {"type": "SGD", "momentum": 0.9}},
        {},
    ),
    "LLaMA, bf16": (LLAMA, {**TEXTS, "precision": "bf16"}, {}),
    "LLaMA, bf16, Kahan": (
        LLAMA,
        {**TEXTS, "precision": "bf16", "use_kahan_summation": True},
        {},
    ),
    "LLaMA, 2 ranks": (
        LLAMA,
        TEXTS,
        {"device_config": {"mesh_shape": [1, 2], "enable_ddp": True}},
    ),
    "LLaMA, 2 ranks, FSDP": (
        LLAMA,
        TEXTS,
        {"device_config": {"mesh_shape": [1, 2], "enable_fsdp": True}},
    ),
    "full fine-tuning": (TUNED, TEXTS, {}),
    "full fine-tuning, packed examples": (TUNED, {**EXAMPLES, "packing": True}, {}),
    "LoRA": (TUNED, TEXTS, {"lora_config": LORA}),
    "LoRA, bf16": (TUNED, {**TEXTS, "precision": "bf16"}, {"lora_config": LORA}),
    "LoRA of q and v": (
        TUNED,
        TEXTS,
        {"lora_config": {**LORA, "target_modules": ["q_proj", "v_proj"]}},
    ),
    "LoRA, examples": (TUNED, EXAMPLES, {"lora_config": LORA}),
    "LoRA, packed examples": (
        TUNED,
        {**EXAMPLES, "packing": True},
        {"lora_config": LORA},
    ),
    "LoRA, packed examples, bf16": (
        TUNED,
        {**EXAMPLES, "packing": True, "precision": "bf16"},
        {"lora_config": LORA},
    ),
}


def write_data(folder: Path) -> None:
    """Write a text, and questions that begin alike with answers of different lengths."""
    text = TEXT.read_text(encoding="utf-8")[:400_000]
    (folder / "text.txt").write_text(text, encoding="utf-8")
    lines = [line for line in text.splitlines() if len(line) > 20]
    with (folder / "examples.jsonl").open("w", encoding="utf-8") as file:
        for at in range(0, 3000, 3):
            told = " ".join(lines[at : at + 1 + at % 3])[:150]
            example = {"prompt": "Continue this line of a play: " + told[:20], "completion": told}
            file.write(json.dumps(example) + "\n")


def write_recipe(recipe: Recipe, folder: Path, steps: int) -> Path:
    """Write a recipe and its model file, and return the recipe's path."""
    model, training, others = recipe
    training = {
        "model_config": "model.yaml",
        "max_steps": steps,
        "validation_frequency": steps,
        "checkpoint_frequency": steps,
        "max_validation_tokens": 4096,
        "seed": 1,
        **training,
    }
    written = {"training_config": training, **others}
    (folder / "model.yaml").write_text(yaml.safe_dump({"transformer_config": dict(model)}))
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(written))
    return path


def resident(kind: str) -> int:
    """Bytes of this process's memory: `VmRSS`, or `VmHWM`, its peak."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(kind))
    return int(line.split()[1]) * 1024


def measure(recipe: Path, *, plentiful: bool) -> None:
    """Train in this process, and write the estimate and the peak as JSON.

    Args:
        recipe: its path.
        plentiful: keep freed memory, as runs do where there is enough; otherwise the run finds
            no more memory free than it needs.
    """
    backend = choose_backend("torch")
    backend.module.load_library()
    import torch
    import torch._dynamo  # FSDP imports it.  # pyright: ignore

    from trainsmith_trainer.backends.allocation import return_freed_memory
    from trainsmith_trainer.backends.torch.backend import TorchBackend

    config = load_config(recipe)
    corpus, model = read_corpus(config)
    ranks = config.document.device_config.mesh_shape
    gpu = torch.cuda.is_available() and torch.cuda.device_count() >= ranks[0] * ranks[1]
    steps = config.document.training_config.max_steps or 1
    passes = largest_passes(config.document, model, corpus, steps)
    needed = peak_memory(config.document, model, *passes, gpu=gpu)
    assert needed
    if not plentiful:
        free = Free(needed.total, on_gpu=gpu)

        def just_enough(_backend: str | None, _devices: int) -> Free:
            return free

        free_here.free_memory = just_enough
    # Kernels are loaded when they are first used, and keep buffers of their own.
    return_freed_memory()
    training = TrainingConfig(precision=config.document.training_config.precision)
    warm, tokens = TorchBackend(WARM_UP, training), np.zeros((4, 64), np.int64)
    warm.gradient([Batch(tokens, tokens)])
    warm.update(0.0)
    warm.loss([Batch(tokens, tokens)])
    del warm
    if gpu:
        torch.cuda.reset_peak_memory_stats()
    else:
        ctypes.CDLL(None).malloc_trim(0)
    if plentiful:
        del os.environ[RETURNS]
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # The peak so far is forgotten.
    code = run_training(config, "run", backend=backend)
    peak = torch.cuda.max_memory_allocated() if gpu else resident("VmHWM") - before
    found = {"estimate": needed.total, "parameters": needed.parameters, "peak": peak, "gpu": gpu}
    Path("measured.json").write_text(json.dumps(found), encoding="utf-8")
    sys.exit(code)


def run(recipe: Recipe, folder: Path, steps: int, *more: str) -> dict[str, int]:
    """Train in a process of its own."""
    path = write_recipe(recipe, folder, steps)
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", path.name, *more]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-3000:])
    return json.loads((folder / "measured.json").read_text(encoding="utf-8"))


def main() -> None:
    """Measure each recipe, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", help="the name of a recipe in the table")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--plentiful", action="store_true", help="runs keep freed memory")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, plentiful=options.plentiful)
        return
    print("| recipe | estimate | peak | estimate / peak | device |")
    print("| --- | ---: | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory() as place:
        base = Path(place) / "base"
        base.mkdir()
        write_data(base)
        run((LLAMA, {**TEXTS, "batch_size": 1}, {}), base, 1)
        for name, recipe in RECIPES.items():
            if options.only and name not in options.only:
                continue
            with tempfile.TemporaryDirectory(dir=place) as own:
                folder = Path(own)
                write_data(folder)
                (folder / BASE).symlink_to(base / "checkpoints" / "run" / "final")
                more = ["--plentiful"] if options.plentiful else []
                found = run(recipe, folder, options.steps, *more)
            ratio = found["estimate"] / found["peak"]
            cells = (name, size(found["estimate"]), size(found["peak"]), f"{ratio:.2f}")
            print(f"| {' | '.join(cells)} | {'GPU' if found['gpu'] else 'CPU'} |", flush=True)


if __name__ == "__main__":
    main()
