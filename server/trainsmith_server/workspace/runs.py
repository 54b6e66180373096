"""The runs of a recipe, read from their folders.

The first line of a run's events contains what was started; the last lines contain its progress or
its end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import islice
from pathlib import Path, PurePath

from pydantic import ValidationError

from trainsmith_schemas.editor.messages import Run
from trainsmith_schemas.paths import is_folder
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import CLOCKS_DIFFER, EVENTS
from trainsmith_server.workspace.file_cache import FileCache
from trainsmith_system.lock import is_held
from trainsmith_system.reading import open_regular

_MOST_RUNS = 1000
_MOST_OTHERS = 100
"""The maximum number of folders that are read."""
_HEAD = 16_384
"""The number of bytes in which the first line must end."""
_TAIL = 65_536
"""The number of bytes that contain the last steps and the end."""


class Runs:
    """Folders of runs; each is read again only after its events have changed."""

    def __init__(self) -> None:
        self._read = FileCache(_read)
        self._last_states: dict[Path, str] = {}
        """The states at the last call of `has_changed`."""

    def of(self, recipe: Path, folders: Iterator[Path]) -> list[Run]:
        """The runs of a recipe in some folders, newest first.

        Runs in the future are left out: somebody else wrote them, so that they are the newest.
        """
        latest = time.time() + CLOCKS_DIFFER
        found = {
            folder: run
            for parent in folders
            for folder in _subfolders(parent)
            if (run := self._look(folder)) and _is_meant(recipe, run.config)
            if run.started <= latest
        }
        return sorted(found.values(), key=lambda run: run.started, reverse=True)

    def running(self, folders: Iterable[Path]) -> list[Run]:
        """The runs in some folders that a process is training now."""
        # Events are read only of those that are locked: strangers may have written thousands.
        locked = (one for one in islice(folders, _MOST_RUNS) if is_held(one / EVENTS))
        return [run for run in map(self._look, locked) if run and run.state == "running"]

    def has_changed(self, folder: Path) -> bool:
        """Whether a run has started or ended since the last call."""
        run = self._look(folder)
        state = run and run.state
        before = self._last_states.pop(folder, None)
        if state:
            self._last_states[folder] = state
        return state != before

    def _look(self, folder: Path) -> Run | None:
        try:
            run = self._read.get(folder / EVENTS)
        except (OSError, ValueError):
            return None
        # A process that is killed writes no event, but it no longer holds the lock.
        if run and run.state == "interrupted" and is_held(folder / EVENTS):
            return run.model_copy(update={"state": "running"})
        return run


def _subfolders(parent: Path) -> list[Path]:
    """The folders in a folder; empty if it does not exist."""
    try:
        with os.scandir(parent) as entries:
            # Not `entry.is_dir`, which raises an error for a link that leads to itself.
            found = [parent / entry.name for entry in islice(entries, _MOST_RUNS)]
            return list(filter(is_folder, found))
    except (OSError, ValueError):
        return []


def _is_meant(recipe: Path, written: str) -> bool:
    """Whether a path is a recipe's; the trainer's working directory is unknown."""
    path = Path(os.path.normpath(written))
    if path.is_absolute():
        return path == recipe
    parts = tuple(part for part in path.parts if part != os.pardir)
    return PurePath(recipe).parts[-len(parts) :] == parts


def _read(file: Path, size: int) -> Run | None:
    """Read a run's events; `None` if there is no first event yet."""
    with open_regular(file, follow_links=False) as stream:
        head, newline, _ = stream.read(_HEAD).partition(b"\n")
        stream.seek(max(0, size - _TAIL))
        tail = stream.read(_TAIL)
    first = _event(head) if newline else None
    if not isinstance(first, events.RunStarted):
        return None
    run = Run(
        # Not `first.name`: somebody may have copied or written the folder.
        name=file.parent.name,
        folder=str(file.parent),
        started=first.time,
        smoke=first.smoke,
        task=first.task,
        lastStarted=first.time,
        config=first.config,
        state="interrupted",
        step=0,
        totalSteps=first.total_steps,
        loss=None,
        validationLoss=None,
    )
    return reduce(_advance, _latest(tail), run)


def _latest(tail: bytes) -> list[events.Event]:
    """The events at the end of a file, up to too many lines that are no events."""
    found: list[events.Event] = []
    others = 0
    for line in reversed(tail.splitlines()):
        event = _event(line)
        if event:
            found.append(event)
            continue
        others += 1
        if others > _MOST_OTHERS:
            break
    return found[::-1]


def _event(line: bytes) -> events.Event | None:
    """The event of a line; `None` for an incomplete line or an event of a newer trainer."""
    try:
        return events.EVENT.validate_json(line)
    except ValidationError:
        return None


def _advance(run: Run, event: events.Event) -> Run:
    """The state of a run after one more event."""
    match event:
        case events.RunStarted():  # It was resumed.
            now = {
                "state": "interrupted",
                "totalSteps": event.total_steps,
                "task": event.task,
                "lastStarted": event.time,
            }
        case events.Step():
            now = {"step": event.step, "loss": event.loss}
        case events.Validation():
            now = {"validationLoss": event.loss}
        case events.RunFinished():
            now = {"state": "finished", "step": event.step, "loss": event.loss}
            if event.validation_loss is not None:
                now["validationLoss"] = event.validation_loss
        case events.RunStopped():
            now = {"state": "stopped", "step": event.step}
        case events.RunFailed():
            now = {"state": "failed", "step": event.step}
        case _:
            now = {}
    return run.model_copy(update=now)
