"""Everything that a run writes for people and programs: listeners of its events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from trainsmith_schemas import events
from trainsmith_trainer.report.curves import Curves
from trainsmith_trainer.report.log import EventFile, LogFile, SampleFile
from trainsmith_trainer.report.progress import open_console

_LEVELS = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
}


@contextmanager
def open_report(
    folder: Path, log_level: str
) -> Generator[Callable[[events.Event], None], None, None]:
    """Listen to a run until the block ends.

    Args:
        folder: the run's, which exists.
        log_level: how much is shown; what is written does not depend on it.

    Yields:
        What takes the run's events.
    """
    with ExitStack() as stack:
        # Whoever sees `run_finished` in events.jsonl finds everything else there, the picture too.
        listeners = [
            stack.enter_context(LogFile(folder / "training.log")),
            stack.enter_context(SampleFile(folder / "validation.txt")),
            stack.enter_context(open_console(_LEVELS[log_level])),
            Curves(folder),
            stack.enter_context(EventFile(folder / "events.jsonl")),
        ]

        def emit(event: events.Event) -> None:
            for listen in listeners:
                listen(event)

        yield emit
