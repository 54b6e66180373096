"""A run's folder → the run's record. This needs no tensor library."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from trainsmith_schemas.machines import is_elsewhere
from trainsmith_schemas.meaning.advice import advice
from trainsmith_schemas.meaning.difference import Settings, differences
from trainsmith_schemas.paths import is_file_name
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import CLOCKS_DIFFER, EVENTS, RESOLVED
from trainsmith_schemas.runs.reports import Advice, RunRecord, RunState
from trainsmith_schemas.runs.superseded import drop_superseded
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.validation.validate import validate
from trainsmith_system import limits
from trainsmith_system.folders import is_same
from trainsmith_system.lock import is_held
from trainsmith_system.reading import open_regular, read_bytes
from trainsmith_system.text import is_text
from trainsmith_trainer.config.source import parse_source
from trainsmith_trainer.errors import RecipeError

_VERSION = re.compile(r"[-_]?v\d+$")


class Measured(NamedTuple):
    """The loss at a step. A run may have millions, so it has nothing else."""

    step: int
    loss: float


@dataclass
class RunHistory:
    """The events of a run that still count: steps that were repeated count once."""

    started: events.RunStarted
    """The first event."""
    last_start: events.RunStarted
    """The event of its last start."""
    end: events.Ending | None = None
    steps: list[Measured] = field(default_factory=list[Measured])
    """The training losses."""
    validations: list[Measured] = field(default_factory=list[Measured])
    """The validation losses."""
    last: float = 0.0
    """The time of the last event."""
    seconds_before: float = 0.0
    """How long it had trained, without pauses, before its last start."""

    @property
    def seconds(self) -> float:
        """How long the run has trained, from each start to its last event."""
        return max(0.0, self.seconds_before + self.last - self.last_start.time)


def read_history(folder: Path) -> RunHistory | None:
    """The history in a run's `events.jsonl`; `None` if it does not begin with a start.

    An incomplete last line, and lines that are not events, are skipped.
    """
    history: RunHistory | None = None
    for event in _events(folder / EVENTS):
        if isinstance(event, events.RunStarted):
            history = _started(history, event)
        if history is None:
            return None
        history.last = event.time
        match event:
            case events.Step():
                history.steps.append(Measured(event.step, event.loss))
            case events.Validation():
                history.validations.append(Measured(event.step, event.loss))
            case events.RunFinished() | events.RunStopped() | events.RunFailed():
                history.end = event
            case _:
                pass
    return history


def _started(history: RunHistory | None, event: events.RunStarted) -> RunHistory:
    if history is None:
        return RunHistory(event, event)
    before = event.steps_before
    history.seconds_before = history.seconds
    history.last_start, history.end = event, None
    drop_superseded(history.steps, before)
    drop_superseded(history.validations, before)
    return history


def _events(path: Path) -> Iterator[events.Event]:
    """The valid events of a file that may be somebody else's.

    Lines that are too long are skipped; they are longer than any that we write. After too many
    lines that are not events, the rest is not read.
    """
    try:
        with open_regular(path, follow_links=False) as file:
            if os.fstat(file.fileno()).st_size > limits.EVENTS:
                return
            is_whole, others = True, 0
            while others < limits.OTHER_LINES and (line := file.readline(limits.EVENT_LINE)):
                begins, is_whole = is_whole, line.endswith(b"\n")
                event = _event(line) if begins and is_whole else None
                if event is None:
                    others += 1
                else:
                    yield event
    except OSError:
        return


def _event(line: bytes) -> events.Event | None:
    """An event; `None` for another line: another version may write other events."""
    try:
        return events.EVENT.validate_json(line)
    except ValidationError:
        return None


def first_event(path: Path) -> events.Event | None:
    """The first event of a file; `None` without one."""
    return next(_events(path), None)


def read_settings(folder: Path) -> Settings | None:
    """A run's settings; `None` if its `resolved.yaml` is missing or not valid."""
    path = folder / RESOLVED
    try:
        status = path.lstat()
        return _settings_at(path, (status.st_mtime_ns, status.st_size))
    except OSError:
        return None


@lru_cache(maxsize=64)
def _settings_at(path: Path, _stamp: tuple[int, int]) -> Settings | None:
    """The settings in a file while it does not change: many runs may have the same parent."""
    return settings_from(read_bytes(path, limits.SETTINGS, follow_links=False))


def settings_from(content: bytes) -> Settings | None:
    """The settings in the content of a `resolved.yaml`; `None` if it is not valid."""
    try:
        data = parse_source(content.decode("utf-8"), RESOLVED).data
    except (UnicodeDecodeError, RecipeError):
        return None
    if not isinstance(data, dict):
        return None
    model = data.pop("transformer_config", None)
    data.pop("provenance", None)
    try:
        derived = _Derived.model_validate(data.pop("derived", None) or {})
    except ValidationError:
        return None
    recipe = validate(TrainingDocument, data).config
    shape = validate(TransformerConfig, model).config
    if recipe is None or shape is None:
        return None
    return Settings(recipe, shape, derived.data_sha256)


class _Derived(BaseModel):
    """What is read of the values that a run derived."""

    model_config = ConfigDict(strict=True)

    data_sha256: str | None = None


def read_run(folder: Path) -> RunRecord | None:
    """A run's record; `None` if the folder is not a run's.

    Args:
        folder: the run's folder. That of its parent run, if there is one, is next to it.
    """
    history = read_history(folder)
    if history is None:
        return None
    first, end = history.started, history.end
    best = min(history.validations, key=lambda one: one.loss, default=None)
    parent = first.parent if first.parent and is_file_name(first.parent) else None
    return RunRecord(
        name=folder.name,
        folder=folder.as_posix(),
        config=first.config,
        state=_state(folder, history),
        smoke=history.last_start.smoke,
        started=first.time,
        seconds=history.seconds,
        step=history.steps[-1].step if history.steps else 0,
        total_steps=history.last_start.total_steps,
        loss=history.steps[-1].loss if history.steps else None,
        validation_loss=history.validations[-1].loss if history.validations else None,
        best_validation_loss=best.loss if best else None,
        best_step=best.step if best else None,
        reason=_reason(end),
        parent=parent,
        advice=_advice(folder),
        changes=changes_since(folder.parent / parent, folder) if parent else None,
    )


def _reason(end: events.Ending | None) -> str | None:
    match end:
        case events.RunStopped():
            return end.reason
        case events.RunFailed():
            return end.message
        case _:
            return None


def _advice(folder: Path) -> list[Advice]:
    settings = read_settings(folder)
    return advice(_events(folder / EVENTS), settings.document) if settings else []


def changes_since(parent: Path, folder: Path) -> Any:
    """The differences between two runs' settings; `None` if one of them is unknown."""
    before, after = read_settings(parent), read_settings(folder)
    return differences([before, after]) if before and after else None


def newest_run(parent: Path, config: Path, *, versions: bool = True) -> str | None:
    """The name of the newest run of a recipe in a folder.

    Smoke runs do not count, nor do runs in the future, which somebody else wrote.

    Args:
        parent: the folder.
        config: the recipe.
        versions: count the runs of other versions of the recipe too, whatever their folder:
            `training_v2.yaml` is a version of `training.yaml` and of `training_v1.yaml`.
    """
    newest: tuple[float, str] | None = None
    latest = time.time() + CLOCKS_DIFFER
    for path in filter(lambda path: is_text(path.parent.name), parent.glob(f"*/{EVENTS}")):
        first = first_event(path)
        if not isinstance(first, events.RunStarted) or first.smoke or first.time > latest:
            continue
        if _is_version(first.config, config) if versions else _is_recipe(first.config, config):
            newest = max(newest or (0.0, ""), (first.time, path.parent.name))
    return newest[1] if newest else None


def _is_version(written: str, config: Path) -> bool:
    return _family(Path(written)) == _family(config)


def _is_recipe(written: str, config: Path) -> bool:
    """Whether a path is a recipe's. Somebody may have written it, and another machine into it."""
    homes = (os.getcwd(), os.path.abspath(config))  # noqa: PTH100, PTH109
    elsewhere = is_elsewhere(os.path.abspath(written), homes)  # noqa: PTH100
    return not elsewhere and is_same(Path(written), config)


def _family(config: Path) -> str:
    return _VERSION.sub("", config.stem)


def _state(folder: Path, history: RunHistory) -> RunState:
    match history.end:
        case events.RunFinished():
            return "finished"
        case events.RunStopped():
            return "stopped"
        case events.RunFailed():
            return "failed"
        case None:
            return state_without_end(folder)


def state_without_end(folder: Path) -> RunState:
    """The state of a run whose events have no end."""
    return "running" if is_held(folder / EVENTS) else "interrupted"
