"""All runs in a folder."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from trainsmith_schemas.runs.layout import EVENTS
from trainsmith_schemas.runs.reports import RunList, RunRecord, UnreadableRun
from trainsmith_system import limits
from trainsmith_system.lock import is_held
from trainsmith_system.reading import open_regular
from trainsmith_system.text import is_text, printable
from trainsmith_trainer.history.known_runs import KnownRuns
from trainsmith_trainer.history.record import first_event, read_run, state_without_end

_NO_TEXT = "its name is not UTF-8: rename the folder"


def runs_in(folder: Path) -> RunList:
    """The runs in a folder. One that cannot be read does not affect the others."""
    runs: list[RunRecord] = []
    unreadable: list[UnreadableRun] = []
    known = KnownRuns(folder)
    left = limits.ALL_EVENTS
    # The smallest first, so that one that is far too large does not affect the others either.
    for size, path in sorted((_size(path / EVENTS), path) for path in _folders(folder)):
        if not is_text(path.name):
            name, where = printable(path.name), printable(path.as_posix())
            unreadable.append(UnreadableRun(name=name, folder=where, reason=_NO_TEXT))
            continue
        if run := known.get(path.name):
            runs.append(_current(run, path))
            continue
        left -= size
        if left < 0:
            reason = f"the runs in {folder} have more than {limits.ALL_EVENTS:,} bytes of events"
        elif run := known.read(path, read_run):
            runs.append(run)
            continue
        else:
            reason = why_unreadable(path)
        if reason:
            where = path.as_posix()
            unreadable.append(UnreadableRun(name=path.name, folder=where, reason=reason))
    known.save()
    unreadable.sort(key=lambda run: run.name)
    runs.sort(key=lambda run: run.started, reverse=True)
    return RunList(folder=folder.as_posix(), runs=runs, unreadable=unreadable)


def _current(run: RunRecord, path: Path) -> RunRecord:
    """What an earlier listing recorded, with what can change without a change of a file."""
    ended = run.state not in ("running", "interrupted")
    state = run.state if ended else state_without_end(path)
    return run.model_copy(update={"folder": path.as_posix(), "state": state})


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, each once: links to one run are one run."""
    found: dict[tuple[int, int], Path] = {}
    for path in sorted(folder.iterdir(), key=Path.is_symlink):
        with suppress(OSError):
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                found.setdefault((status.st_dev, status.st_ino), path)
    return list(found.values())


def _size(events: Path) -> int:
    """The size of a run's events that are read; those of a file that is too large are not."""
    try:
        size = events.lstat().st_size
    except OSError:
        return 0
    return size if size <= limits.EVENTS else 0


def why_unreadable(folder: Path) -> str | None:
    """Why `read_run` returns `None` for a folder; `None` if it is not a run's, or is starting."""
    path = folder / EVENTS
    if not os.path.lexists(path) or is_held(path):
        return None
    try:
        with open_regular(path, follow_links=False) as file:
            size, line = os.fstat(file.fileno()).st_size, file.readline(limits.EVENT_LINE)
    except OSError as error:
        return f"{EVENTS}: {error.strerror}"
    if size > limits.EVENTS:
        return f"{EVENTS} is larger than {limits.EVENTS:,} bytes"
    if not line:
        return f"{EVENTS} is empty"
    if not line.endswith(b"\n"):
        return f"{EVENTS}: its first line is cut off or too long"
    first = first_event(path)
    if first is not None:
        return f"{EVENTS} begins with `{first.event}`, not with `run_started`"
    return f"{EVENTS} has no events in the format of this version"
