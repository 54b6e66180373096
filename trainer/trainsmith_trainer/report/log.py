"""The text files of a run, written as it goes: events, log, samples."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from trainsmith_schemas import events
from trainsmith_trainer.report.lines import line_of


class _TextFile:
    """A file that grows by whole pieces, each visible to readers at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", newline="\n")

    def __enter__(self) -> _TextFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _append(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()

    def __call__(self, event: events.Event) -> None:
        raise NotImplementedError


class EventFile(_TextFile):
    """`events.jsonl`: one line of JSON for each event."""

    def __call__(self, event: events.Event) -> None:
        """Write the event."""
        self._append(event.model_dump_json() + "\n")


class LogFile(_TextFile):
    """`training.log`: one line of text for each event, with the time."""

    def __call__(self, event: events.Event) -> None:
        """Write the event."""
        level, line = line_of(event)
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.time))
        self._append(f"{moment} {logging.getLevelName(level)} {line}\n")


class SampleFile(_TextFile):
    """`validation.txt`: what the model wrote at each validation."""

    def __call__(self, event: events.Event) -> None:
        """Write a sample; the validation loss that follows goes under it."""
        if isinstance(event, events.Sample):
            self._append(f"=== step {event.step}\n{event.prompt}{event.text}\n\n")
        elif isinstance(event, events.Validation):
            self._append(f"--- step {event.step}: validation loss {event.loss:.4f}\n\n")
