"""Everything that a run writes for people and programs: listeners of its events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from trainsmith_schemas import events
from trainsmith_trainer.report.curves import Curves
from trainsmith_trainer.report.log import EventFile, LogFile, SampleFile
from trainsmith_trainer.report.notes import Notes
from trainsmith_trainer.report.progress import leave_console, open_console

Listener = Callable[[events.Event], None]

_LEVELS = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
}


@contextmanager
def open_report(
    folder: Path, log_level: str, notes: Path | None = None
) -> Generator[Listener, None, None]:
    """Listen to a run until the block ends.

    A console that is gone, as after its terminal was closed, is no reason to end a run. A disk that
    is full is: then the last event is still told to everybody who can take it.

    Args:
        folder: the run's, which exists.
        log_level: how much is shown; what is written does not depend on it.
        notes: the folder of the `experiments.md` that gets an entry, if any does.

    Yields:
        What takes the run's events, and raises `OSError` where they cannot be written.
    """
    with ExitStack() as stack:
        console = stack.enter_context(open_console(_LEVELS[log_level]))
        # Whoever sees `run_finished` in events.jsonl finds everything else there, the picture too.
        writers: list[Listener] = [
            stack.enter_context(LogFile(folder / "training.log")),
            stack.enter_context(SampleFile(folder / "validation.txt")),
            Curves(folder),
            stack.enter_context(EventFile(folder / "events.jsonl")),
        ]
        if notes:
            writers.append(Notes(folder, notes))

        def emit(event: events.Event) -> None:
            try:
                console(event)
            except OSError:
                leave_console()
            for listen in writers:
                _tell(listen, event)

        yield emit


def _tell(listen: Listener, event: events.Event) -> None:
    try:
        listen(event)
    except OSError as error:
        if not isinstance(event, events.ENDINGS):
            raise
        click.echo(f"warning: {error.filename} could not be written: {error.strerror}", err=True)
