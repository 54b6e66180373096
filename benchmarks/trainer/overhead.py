"""Measure what share of a run's time checkpoints and events take.

    python benchmarks/trainer/overhead.py [RECIPE] [--steps 300] [--set SECTION.KEY=VALUE]…

It really trains a recipe, in a temporary folder, with a checkpoint every 100 steps and a progress
bar on a terminal. It measures the functions that the loop calls: saving, with digests, `fsync`,
reading back and rotation; and every event, with the log, the event file and the progress bar. The
bar's own thread, which draws twice a second, is measured too. Shares are relative to the time of
the whole loop.
"""

from __future__ import annotations

import argparse
import io
import os
import pty
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.live import Live

from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.config.source import Override, parse_override
from trainsmith_trainer.run import training as run

RECIPE = Path(__file__).parents[2] / "examples/shakespeare/training.yaml"


class Costs:
    """Seconds of each call, by the name of the function."""

    def __init__(self) -> None:
        self.calls: dict[str, list[float]] = {}

    def measured(
        self, name: str, function: Callable[..., Any], clock: Callable[[], float]
    ) -> Callable[..., Any]:
        calls = self.calls.setdefault(name, [])

        def call(*arguments: Any, **named: Any) -> Any:
            began = clock()
            try:
                return function(*arguments, **named)
            finally:
                calls.append(clock() - began)

        return call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recipe", nargs="?", type=Path, default=RECIPE)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    recipe = arguments.recipe.absolute()
    costs = Costs()
    _instrument(costs)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        os.chdir(folder)
        overrides = [parse_override("--set", setting) for setting in arguments.set]
        for key, value in (
            ("max_steps", arguments.steps),
            ("checkpoint_frequency", 100),
            ("checkpoint_dir", folder),
        ):
            overrides.append(Override(("training_config", key), value, "benchmark"))
        with _Terminal() as terminal:
            code = run.run_training(load_config(recipe, overrides), None)
        os.chdir("/")
    if code:
        sys.exit(terminal.shown)
    _print(costs)


def _instrument(costs: Costs) -> None:
    """Measure the functions that the loop calls."""
    train = run.train

    def measured_train(
        backend: Any, sampler: Any, schedule: Any, plan: Any, hooks: Any, *rest: Any
    ) -> Any:
        clock = time.perf_counter
        hooks = type(hooks)(
            emit=costs.measured("events", hooks.emit, clock),
            validate=costs.measured("validation", hooks.validate, clock),
            save=costs.measured("checkpoints", hooks.save, clock),
            stop_requested=hooks.stop_requested,
        )
        timed = costs.measured("whole", train, clock)
        return timed(backend, sampler, schedule, plan, hooks, *rest)

    run.train = measured_train
    refresh = Live.refresh

    def measured_refresh(live: Live) -> None:
        if threading.current_thread() is threading.main_thread():
            refresh(live)  # It is part of an event.
        else:
            costs.measured("bar", refresh, time.thread_time)(live)

    Live.refresh = measured_refresh


class _Terminal:
    """A terminal whose output is read, in place of standard output."""

    def __enter__(self) -> _Terminal:
        leader, follower = pty.openpty()
        self._before = sys.stdout
        self._follower = io.TextIOWrapper(os.fdopen(follower, "wb", 0), write_through=True)
        sys.stdout = self._follower
        self.shown = ""
        self._reader = threading.Thread(target=self._read, args=(leader,), daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout = self._before
        self._follower.close()
        self._reader.join()

    def _read(self, leader: int) -> None:
        try:
            while part := os.read(leader, 65536):
                self.shown += part.decode("utf-8", "replace")
        except OSError:
            os.close(leader)


def _print(costs: Costs) -> None:
    (whole,) = costs.calls.pop("whole")
    print(f"{'':12} {'calls':>6} {'median':>10} {'share of ' + format(whole, '.1f') + ' s':>18}")
    for name, calls in sorted(costs.calls.items()):
        share = sum(calls) / whole
        print(f"{name:12} {len(calls):>6} {statistics.median(calls) * 1e3:>7.2f} ms {share:>17.2%}")


if __name__ == "__main__":
    main()
