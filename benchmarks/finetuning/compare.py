"""Fine-tune a real model on invented facts, in turn with ours and with TRL's `SFTTrainer` and PEFT.

    .venv/bin/python benchmarks/finetuning/compare.py [--quick] [--threads N] [--rounds N]

SmolLM2-135M-Instruct is trained with LoRA, then completely, in fp32; `--precision bf16` is for ours
alone, where the processor has units for it. All trainers read the same conversations in each step,
with the same learning rate, and with LoRA they start from the same matrices. Only `shuffled` reads
them in random order, as TRL does by itself: a row of ours has conversations of similar lengths, of
which TRL pads hardly any. TRL, PEFT and the model are downloaded into the cache the first time (400
MB, and PyTorch). On a machine that does other things too, only the ratios are meaningful.

- tokens/s: tokens of the conversations, without padding, from the end of the first step to that of
  the last; also per CPU second, which other processes disturb less;
- memory: the peak of resident memory over the whole run, from the kernel;
- first step: seconds from the start of the process until the first step ended;
- loss: the mean of the first 30 steps;
- right: held-out questions that are answered exactly right, of those asked.
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
import venv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facts import write_conversations
from job import VARIANTS, Job
from ours import NAME, RUN, Counts, read_steps, with_batches, write_recipe

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainsmith"
PEERS, MODEL = CACHE / "peers-finetuning", CACHE / "SmolLM2-135M-Instruct"
OURS = "trainsmith"
RATES = {"LoRA": 1e-3, "full": 1e-4}
EARLY = 30
"""The steps whose mean loss is compared."""


@dataclass(frozen=True)
class Measured:
    """One training."""

    tokens_per_second: float
    tokens_per_cpu_second: float
    memory: float
    """MiB."""
    first_step: float
    """Seconds."""
    loss: float
    right: str = ""


@dataclass(frozen=True)
class Setting:
    """What is the same for all trainings of a comparison."""

    threads: int
    questions: int
    """How many are asked."""

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "OMP_NUM_THREADS": str(self.threads), "HF_HUB_OFFLINE": "1"}


def peers_python() -> str:
    """The interpreter of the virtual environment with TRL."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "bin" / "trl").exists():
        venv.create(PEERS, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"]
        subprocess.run(install, check=True)
    return str(python)


def cpu_seconds(process: int) -> float:
    """The CPU time of all threads of a process so far, from Linux's /proc."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(
    command: Sequence[str], folder: Path, events: Path, tokens: Sequence[int], setting: Setting
) -> Measured:
    """Run a training that writes its steps into `events`.

    Args:
        command: starts it.
        folder: where it runs.
        events: a file with a line for each step.
        tokens: those of each step.
        setting: the threads.

    Raises:
        RuntimeError: the training failed.
    """
    cpu: dict[int, float] = {}
    with (folder / "output.txt").open("w+", encoding="utf-8") as output:
        began = time.time()
        process = subprocess.Popen(
            command, cwd=folder, env=setting.environment, stdout=output, stderr=output
        )
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            done = len(read_steps(events))
            if done in (1, len(tokens)) and done not in cpu:
                cpu[done] = cpu_seconds(process.pid)
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{output.read()[-3000:]}")
    steps = read_steps(events)
    if len(steps) != len(tokens):
        raise RuntimeError(f"{events} has {len(steps)} steps instead of {len(tokens)}")
    counted = sum(tokens[1:])
    return Measured(
        counted / (steps[-1]["time"] - steps[0]["time"]),
        counted / (cpu[len(tokens)] - cpu[1]),
        usage.ru_maxrss / 1024,
        steps[0]["time"] - began,
        statistics.fmean(step["loss"] for step in steps[:EARLY]),
    )


def train(name: str, job: Job, counts: Counts, setting: Setting, *, asks: bool) -> Measured:
    """Train with ours or with a variant of TRL, and ask the questions afterwards."""
    if name == "shuffled":
        job = job.shuffled(len(counts))
    tokens = [sum(counts[each]["tokens"] for each in batch) for batch in job.batches]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if name == OURS:
            recipe = write_recipe(job, folder)
            command = [sys.executable, "-m", "trainsmith", "train", recipe.name, "--name", NAME]
            events, final = folder / RUN / "events.jsonl", folder / RUN / "final"
        else:
            path = job.write(folder / "job.json")
            command = [peers_python(), str(HERE / "sft.py"), str(path), place, name]
            events, final = folder / "events.jsonl", folder / "final"
        measured = measure(command, folder, events, tokens, setting)
        if name != OURS:
            theirs = json.loads((folder / "counts.json").read_text(encoding="utf-8"))
            if theirs != counts:
                raise RuntimeError("TRL and Trainsmith do not count the same tokens of the data")
        return replace(measured, right=ask(final, setting)) if asks else measured


def ask(model: Path, setting: Setting) -> str:
    """How many held-out questions a model answers right, of how many."""
    command = [sys.executable, str(HERE / "answers.py"), str(model), str(setting.questions)]
    done = subprocess.run(
        command, env=setting.environment, check=True, stdout=subprocess.PIPE, text=True
    )
    answers = json.loads(done.stdout)
    return f"{answers['right']} of {answers['of']}"


def print_table(title: str, results: dict[str, list[Measured]], before: str) -> None:
    """Print the medians of each trainer, and the ratios to TRL with padding."""

    def median(name: str, field: str) -> float:
        return statistics.median(getattr(each, field) for each in results[name])

    def ratio(name: str, field: str) -> str:
        theirs = results.get("padded")
        if theirs is None:
            return ""
        pairs = zip(results[name], theirs, strict=True)
        return (
            f" ({statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs):.2f} ×)"
        )

    print(f"\n{title}; right before: {before}\n")
    print("| trainer | tokens/s | tokens per CPU s | memory, MiB | first step, s | loss | right |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, each in results.items():
        cells = [
            name if name == OURS else f"TRL, {VARIANTS[name]}",
            *(
                f"{median(name, field):,.0f}{ratio(name, field)}"
                for field in ("tokens_per_second", "tokens_per_cpu_second", "memory")
            ),
            f"{median(name, 'first_step'):.1f}{ratio(name, 'first_step')}",
            f"{median(name, 'loss'):.4f}",
            each[0].right,
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Train with each, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="6 of the questions, and 4 steps")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="trainings of each trainer")
    parser.add_argument("--steps", type=int, help="144 without --quick; 24 are an epoch")
    parser.add_argument("--only", choices=RATES, help="only LoRA, or only full fine-tuning")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of ours")
    parser.add_argument("--against", choices=VARIANTS, nargs="*", default=list(VARIANTS))
    options = parser.parse_args()
    setting = Setting(options.threads, 6 if options.quick else 1_000)
    if not (MODEL / "config.json").exists():
        subprocess.run([peers_python(), str(HERE / "model.py"), str(MODEL)], check=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_conversations(folder / "facts.jsonl")
        adapter = folder / "adapter"
        command = [
            peers_python(),
            str(HERE / "sft.py"),
            "--first-adapter",
            str(MODEL),
            str(adapter),
        ]
        subprocess.run(command, check=True, capture_output=True, env=setting.environment)
        before = ask(MODEL, setting)
        for title in (options.only,) if options.only else RATES:
            job = Job(
                model=str(MODEL),
                data=str(folder / "facts.jsonl"),
                adapter=str(adapter) if title == "LoRA" else None,
                precision=options.precision,
                learning_rate=RATES[title],
                steps=options.steps or (4 if options.quick else 144),
            )
            job, counts = with_batches(job, write_recipe(job, folder))
            results: dict[str, list[Measured]] = {name: [] for name in (OURS, *options.against)}
            for round_ in range(options.rounds):
                for name in list(results)[:: -1 if round_ % 2 else 1]:
                    one = train(name, job, counts, setting, asks=round_ == 0)
                    results[name].append(one)
                    print(f"{title}, round {round_ + 1}, {name}: {one}", flush=True)
            print_table(f"{title}, {job.steps} steps, threads: {setting.threads}", results, before)


if __name__ == "__main__":
    main()
