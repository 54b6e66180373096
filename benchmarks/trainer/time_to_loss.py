"""Compare how long our trainer and nanoGPT's loop need to reach nanoGPT's final validation loss.

    .venv/bin/python benchmarks/trainer/time_to_loss.py [--seeds N] [--text FILE] [--threads N]

For each seed, `nanogpt.py`'s model trains for 2,000 iterations with nanoGPT's settings for a CPU (4
layers, width 128, 64 tokens, batches of 12), and its validation loss is measured once, at the end.
Then `trainsmith train` runs what *New Training Config* writes for Quick Start: a model that is no
larger, on the same split of the same text. It validates once, at the end, too. The table has both
wall-clock times of the whole processes up to the validation loss, and their ratio. The template's
rate and length were tuned on the sample's text; `--text` shows it on another one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from shapes import TEXT

from trainsmith_server.features.templates import all_templates

HERE = Path(__file__).resolve().parent

TEMPLATES = all_templates()
[RECIPE] = (yaml.safe_load(one.text) for one in TEMPLATES.recipes if one.label == "Quick Start")
ONLY_AT_THE_END = {
    "validation_frequency": 1_000_000,
    "checkpoint_frequency": 1_000_000,
    "max_validation_tokens": 10_000_000,
    "validation_batch_size": 128,
}


def baseline(text: Path, seed: int, environment: dict[str, str]) -> tuple[float, float]:
    """The final validation loss of nanoGPT, and the seconds of the whole process."""
    command = [sys.executable, str(HERE / "nanogpt_whole.py"), str(text), str(seed)]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout), time.perf_counter() - began


def ours(text: Path, seed: int, target: float, environment: dict[str, str]) -> tuple[float, float]:
    """The first validation loss at or below the target, and the seconds until then.

    Without one, the last loss and the seconds of the whole process.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = {"data_path": str(text), "seed": seed, "validation_split": 0.1}
        training = {**RECIPE["training_config"], **ONLY_AT_THE_END, **own}
        recipe = yaml.safe_dump({**RECIPE, "training_config": training})
        (folder / "training.yaml").write_text(recipe, encoding="utf-8")
        (folder / "model_configs").mkdir()
        (folder / "model_configs" / "model.yaml").write_text(TEMPLATES.model, encoding="utf-8")
        command = [sys.executable, "-m", "trainsmith", "train", "training.yaml", "--name", "run"]
        began = time.time()
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
        lines = (folder / "checkpoints/run/events.jsonl").read_text(encoding="utf-8").splitlines()
    found = [one for one in map(json.loads, lines) if one["event"] == "validation"]
    reached = next((one for one in found if one["loss"] <= target), found[-1])
    return reached["loss"], reached["time"] - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--text", type=Path, default=TEXT)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    environment = {**os.environ, "OMP_NUM_THREADS": str(chosen.threads)}
    ratios: list[float] = []
    print("seed  nanoGPT's loss  seconds  our loss  seconds  ratio", flush=True)
    for seed in range(chosen.seeds):
        target, theirs = baseline(chosen.text.resolve(), seed, environment)
        loss, seconds = ours(chosen.text.resolve(), seed, target, environment)
        ratios.append(seconds / theirs)
        missed = "" if loss <= target else "  not reached"
        print(
            f"{seed:4}  {target:14.4f}  {theirs:7.1f}  {loss:8.4f}  {seconds:7.1f}  "
            f"{ratios[-1]:5.3f}{missed}",
            flush=True,
        )
    print(f"mean ratio: {statistics.mean(ratios):.3f}")


if __name__ == "__main__":
    main()
