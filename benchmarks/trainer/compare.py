"""Compare our trainer with nanoGPT's loop, `transformers.Trainer` and Lightning, in turn.

    .venv/bin/python benchmarks/trainer/compare.py [quiet busy start writing ranks peers]

It prints medians and the ratio ours / theirs. On a machine that does other things too, only the
ratios are meaningful. `nanogpt.py` reimplements nanoGPT's loop. `peers` compares with the other
two, which are installed into the cache the first time; there, all trainers run on one thread.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from ours import write_recipe
from ranks import paces, starts
from shapes import LARGE, SMALL, Shape
from turns import Trainee, Turn, Usage

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path.home() / ".cache" / "trainsmith" / "peers-trainers"
PEERS = {"transformers.Trainer": "hugging_face", "Lightning": "lightning_module"}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
SHAPES = (
    ("4 × 128", SMALL, 20),
    ("4 × 128, dropout 0.2", replace(SMALL, dropout=0.2), 10),
    ("6 × 384, dropout 0.2", replace(LARGE, dropout=0.2), 2),
)
"""The models, each with the steps of a turn."""


def trainee(
    module: str, shape: Shape, environment: Mapping[str, str], python: str = sys.executable
) -> Trainee:
    return Trainee([python, str(HERE / f"{module}.py"), shape.to_argument()], environment)


def print_speeds(
    title: str,
    shape: Shape,
    other: str,
    rounds: int,
    steps: int,
    environment: Mapping[str, str],
    python: str = sys.executable,
) -> None:
    """Print tokens per second of ours and of another trainer, and the median of their ratios."""
    with (
        trainee("ours", shape, environment) as ours,
        trainee(other, shape, environment, python) as theirs,
    ):
        for each in (ours, theirs):
            each.wait()
            each.take(steps)
        mine: list[Turn] = []
        others: list[Turn] = []
        for round_ in range(rounds):
            order = ((ours, mine), (theirs, others))
            for each, turns in order if round_ % 2 else reversed(order):
                turns.append(each.take(steps))
    tokens = shape.tokens_per_step * steps
    pairs = list(zip(mine, others, strict=True))
    print_row(
        f"{title}: tokens/s",
        tokens / statistics.median(turn.wall for turn in mine),
        tokens / statistics.median(turn.wall for turn in others),
        statistics.median(b.wall / a.wall for a, b in pairs),
    )
    print_row(
        f"{title}: tokens per CPU second",
        tokens / statistics.median(turn.cpu for turn in mine),
        tokens / statistics.median(turn.cpu for turn in others),
        statistics.median(b.cpu / a.cpu for a, b in pairs),
    )


def print_row(title: str, mine: float, theirs: float, ratio: float) -> None:
    digits = 0 if mine > 100 else 2
    print(f"| {title} | {mine:,.{digits}f} | {theirs:,.{digits}f} | {ratio:.2f} |", flush=True)


@contextmanager
def busy_neighbour() -> Generator[None, None, None]:
    """A process that keeps one processor busy."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def start_of_ours(shape: Shape) -> Usage:
    """The command itself, up to its first step."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        recipe = write_recipe(Path(folder), shape)
        command = [sys.executable, "-m", "trainsmith", "train", str(recipe)]
        process = stack.enter_context(Trainee(command, {}))
        events = Path(folder) / "runs" / "training-001" / "events.jsonl"
        while not (events.exists() and '"event":"step"' in events.read_text(encoding="utf-8")):
            time.sleep(0.005)
        return process.usage()


def start_of(other: str, shape: Shape, python: str = sys.executable) -> Usage:
    with trainee(other, shape, {}, python) as process:
        process.wait()
        return process.usage()


def quiet(rounds: int) -> None:
    for threads, environment in (("", {}), (" on one thread", ONE_THREAD)):
        for name, shape, steps in SHAPES:
            print_speeds(f"{name}{threads}", shape, "nanogpt", rounds, steps, environment)


def busy(rounds: int) -> None:
    with busy_neighbour():
        print_speeds("4 × 128, a busy neighbour", SMALL, "nanogpt", rounds, 10, {})


def start(rounds: int) -> None:
    print_starts("nanoGPT", lambda: start_of("nanogpt", SMALL), rounds)


def print_starts(name: str, theirs: Callable[[], Usage], rounds: int) -> None:
    ours: list[Usage] = []
    others: list[Usage] = []
    for _ in range(rounds):
        ours.append(start_of_ours(SMALL))
        others.append(theirs())
    cpu = [statistics.median(usage.cpu for usage in each) for each in (ours, others)]
    memory = [statistics.median(usage.memory for usage in each) for each in (ours, others)]
    for what, (mine, other) in (("CPU, s", cpu), ("memory, MiB", memory)):
        print_row(f"until the first step, against {name}: {what}", mine, other, mine / other)


def writing(rounds: int) -> None:
    for tokens in (64, 256):
        code = f"import json, writing; print(json.dumps(writing.compare({tokens}, {rounds})))"
        output = subprocess.run(
            [sys.executable, "-c", code],
            cwd=HERE,
            env={**os.environ, **ONE_THREAD},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        mine, theirs = json.loads(output)
        print_row(f"{tokens} tokens written on one thread: s", mine, theirs, theirs / mine)


def ranks(rounds: int) -> None:
    several = max(2, rounds // 4)
    print_medians("8 ranks until the first step, against torchrun: s", starts(SMALL, several))
    print_medians("8 ranks, against ranks without communication: ms a step", paces(SMALL, several))


def print_medians(title: str, times: tuple[list[float], list[float]]) -> None:
    mine, other = (statistics.median(each) for each in times)
    print_row(title, mine, other, mine / other)


def peers(rounds: int) -> None:
    python = peers_python()
    for name, module in PEERS.items():
        for what, shape, steps in SHAPES:
            title = f"{what} on one thread, against {name}"
            print_speeds(title, shape, module, rounds, steps, ONE_THREAD, python)

        def begin(module: str = module) -> Usage:
            return start_of(module, SMALL, python)

        print_starts(name, begin, max(2, rounds // 4))


def peers_python() -> str:
    """The interpreter of the peers, with the same PyTorch as ours."""
    python = CACHE / "bin" / "python"
    if not (CACHE / "bin" / "fabric").exists():
        venv.create(CACHE, with_pip=True)
        packages = ("torch", "transformers", "accelerate", "lightning")
        constraints = ("--constraint", ROOT / "requirements" / "torch.txt")
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *constraints, *packages], check=True
        )
    return str(python)


def main() -> None:
    """Measure the selected parts, and print the table."""
    parts = {
        "quiet": quiet,
        "busy": busy,
        "start": start,
        "writing": writing,
        "ranks": ranks,
        "peers": peers,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="all by default")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each trainer")
    options = parser.parse_args()
    for package in ("cli", "schemas", "trainer"):
        compileall.compile_dir(ROOT / package, quiet=1)
    os.environ["PYTHONPATH"] = os.pathsep.join((str(HERE), os.environ.get("PYTHONPATH", "")))
    print("| situation | trainsmith | the other | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for part in options.parts or parts:
        parts[part](options.rounds)


if __name__ == "__main__":
    main()
