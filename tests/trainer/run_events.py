"""Events of runs, and folders that contain them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trainsmith_schemas.runs.layout import EVENTS

_FACTS: dict[str, dict[str, Any]] = {
    "run_started": {
        "name": "r",
        "config": "a.yaml",
        "device": "CPU",
        "parameters": 1,
        "total_steps": 9,
        "ends_by": "max_steps",
        "steps_per_epoch": 9,
        "effective_batch": 1,
        "tokens_per_step": 1,
    },
    "step": {
        "epoch": 1,
        "learning_rate": 0.1,
        "grad_norm": 1.0,
        "tokens_per_second": 1.0,
        "seconds_left": 1.0,
    },
    "run_finished": {"loss": 1.0, "validation_loss": None, "seconds": 1.0, "final": "final"},
    "run_stopped": {"step": 1, "reason": "Ctrl-C"},
}
"""What an event of each kind needs besides what a test is about."""


def event(kind: str, **facts: Any) -> dict[str, Any]:
    """An event of a kind; its time is its step."""
    time = float(facts.get("step", 0))
    return {"time": time, "event": kind, **_FACTS.get(kind, {}), **facts}


def started(steps_before: int = 0, time: float = 0.0, **facts: Any) -> dict[str, Any]:
    """The start of a run."""
    return {**event("run_started", **facts), "time": time, "steps_before": steps_before}


def step(number: int, loss: float) -> dict[str, Any]:
    """A step."""
    return event("step", step=number, loss=loss)


def written(folder: Path, *events: dict[str, Any], rest: str = "") -> Path:
    """A run's folder with these events, and then some text."""
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (folder / EVENTS).write_text(lines + rest, encoding="utf-8")
    return folder
