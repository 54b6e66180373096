"""The text files that grow during a run: events, log, samples."""

from __future__ import annotations

import errno
import logging
import os
import time
from pathlib import Path

from trainsmith_schemas.quantities import loss_text
from trainsmith_schemas.runs import events
from trainsmith_system.reading import open_regular
from trainsmith_system.text import one_line, printable
from trainsmith_system.writing import open_to_append
from trainsmith_trainer.report.lines import line_of


class _TextFile:
    """A file that grows by complete pieces, each visible to readers at once.

    A piece that a full disk or a kill cut off is removed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_to_append(path)
        self._size = _complete_lines(path)
        self._file.truncate(self._size)

    def __enter__(self) -> _TextFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _append(self, text: str) -> None:
        content = text.encode("utf-8", "replace")
        try:
            written = self._file.write(content)
            if written != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._file.truncate(self._size)
            raise type(error)(error.errno, error.strerror, str(self._path)) from None
        self._size += written

    def __call__(self, event: events.Event) -> None:
        raise NotImplementedError


def _complete_lines(path: Path) -> int:
    """Bytes up to the end of the last complete line."""
    with open_regular(path, follow_links=False) as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            begin = max(0, end - 65_536)
            file.seek(begin)
            newline = file.read(end - begin).rfind(b"\n")
            if newline >= 0:
                return begin + newline + 1
            end = begin
    return 0


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
        self._append(f"{moment} {logging.getLevelName(level)} {one_line(line)}\n")


class SampleFile(_TextFile):
    """`validation.txt`: what the model wrote at each validation."""

    def __call__(self, event: events.Event) -> None:
        """Write a sample; the validation loss that follows goes under it."""
        if isinstance(event, events.Sample):
            self._append(f"=== step {event.step}\n{printable(event.prompt + event.text)}\n\n")
        elif isinstance(event, events.Validation):
            self._append(f"--- step {event.step}: validation loss {loss_text(event.loss)}\n\n")
