"""A cache of runs' records: a run whose files have not changed is not read again.

It is in the user's own cache folder, one file for each folder of runs, and may be removed at any
time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from trainsmith_schemas import __version__
from trainsmith_schemas.runs.layout import EVENTS, RESOLVED
from trainsmith_schemas.runs.reports import RunRecord
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_system.writing import write_file
from trainsmith_trainer.user_cache import cache_folder, name_for

Stamp = tuple[int, int]
"""The time of a file's last change in nanoseconds, and its size; (0, 0) without a file."""

_KEPT_SECONDS = 30 * 24 * 3600


class _Known(BaseModel):
    """A record, and the state of the files from which it was read."""

    model_config = ConfigDict(strict=True, frozen=True)

    events: Stamp
    settings: Stamp
    settings_of_parent: Stamp
    record: RunRecord


class _File(BaseModel):
    model_config = ConfigDict(strict=True)

    version: str
    """Another version of Trainsmith may read more from the same files."""
    runs: dict[str, _Known]


class KnownRuns:
    """The records of a folder's runs when they were last listed."""

    def __init__(self, folder: Path) -> None:
        """Read the cache.

        Args:
            folder: the folder of the runs.
        """
        self._folder = folder
        self._file = _folder() / f"{name_for(folder)}.json"
        self._before = _read(self._file)
        self._runs: dict[str, _Known] = {}

    def get(self, name: str) -> RunRecord | None:
        """The record of a run, if none of the files from which it was read has changed."""
        known = self._before.get(name)
        if known is None or _known(self._folder, name, known.record) != known:
            return None
        self._runs[name] = known
        return known.record

    def read(self, path: Path, read: Callable[[Path], RunRecord | None]) -> RunRecord | None:
        """Read a run's record, and note it for the next time."""
        # Stamped before: what is written while the run is read has a later stamp.
        events = _stamp(path / EVENTS)
        record = read(path)
        if record is not None:
            known = _known(self._folder, path.name, record)
            self._runs[path.name] = known.model_copy(update={"events": events})
        return record

    def save(self) -> None:
        """Write the cache, if something has changed. A cache that cannot be written is no loss."""
        if self._runs == self._before:
            return
        content = _File(version=__version__, runs=self._runs).model_dump_json()
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            for old in _unused(self._file.parent):
                old.unlink()
            write_file(self._file, content.encode())


def _known(folder: Path, name: str, record: RunRecord) -> _Known:
    parent = folder / record.parent / RESOLVED if record.parent else None
    return _Known(
        events=_stamp(folder / name / EVENTS),
        settings=_stamp(folder / name / RESOLVED),
        settings_of_parent=_stamp(parent) if parent else (0, 0),
        record=record,
    )


def _folder() -> Path:
    return cache_folder() / "runs"


def _read(file: Path) -> Mapping[str, _Known]:
    try:
        content = _File.model_validate_json(read_bytes(file, limits.RUN_TEXT, follow_links=False))
    except (OSError, ValidationError):
        return {}
    return content.runs if content.version == __version__ else {}


def _unused(folder: Path) -> Iterator[Path]:
    for file in folder.glob("*.json"):
        if time.time() - file.stat().st_mtime > _KEPT_SECONDS:
            yield file


def _stamp(file: Path) -> Stamp:
    try:
        status = file.lstat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
