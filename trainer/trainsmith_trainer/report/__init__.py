"""Everything that a run writes for people and programs: listeners to its events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import EVENTS, LOG, SAMPLES
from trainsmith_system.terminal import say
from trainsmith_trainer.config.load import ResolvedConfig
from trainsmith_trainer.report.curves import Curves
from trainsmith_trainer.report.log import EventFile, LogFile, SampleFile
from trainsmith_trainer.report.notes import Notes
from trainsmith_trainer.report.progress import leave_console, open_console
from trainsmith_trainer.report.tensorboard import TensorBoard
from trainsmith_trainer.report.weights_and_biases import WeightsAndBiases

Listener = Callable[[events.Event], None]

_LEVELS = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
}


@contextmanager
def open_report(
    folder: Path, log_level: str, notes: Path | None = None, trackers: Sequence[Listener] = ()
) -> Generator[Listener, None, None]:
    """Listen to a run until the block ends.

    A lost console, such as a closed terminal, does not end a run. A full disk does; the last event
    is then still written wherever it can be.

    Args:
        folder: the run's folder, which exists.
        log_level: how much is shown; what is written does not depend on it.
        notes: the folder of the `experiments.md` that gets an entry, if there is one.
        trackers: experiment trackers, called last so that no file waits for them.

    Yields:
        The function that receives the run's events. It raises `OSError` if they cannot be written.
    """
    with ExitStack() as stack:
        console = stack.enter_context(open_console(_LEVELS[log_level]))
        # events.jsonl comes last: at `run_finished`, all other files of the folder are complete.
        writers: list[Listener] = [
            stack.enter_context(LogFile(folder / LOG)),
            stack.enter_context(SampleFile(folder / SAMPLES)),
            Curves(folder),
            stack.enter_context(EventFile(folder / EVENTS)),
        ]
        if notes:
            writers.append(Notes(folder, notes))
        writers += trackers

        def emit(event: events.Event) -> None:
            try:
                console(event)
            except OSError:
                leave_console()
            for listen in writers:
                _notify(listen, event)

        yield emit


def open_trackers(config: ResolvedConfig, folder: Path) -> Sequence[Listener]:
    """The experiment trackers of a recipe, which import their packages when the run starts."""
    trackers: list[Listener] = []
    if config.document.training_config.use_tensorboard:
        trackers.append(TensorBoard(folder))
    if config.document.training_config.use_wandb:
        trackers.append(WeightsAndBiases(folder, config.document, config.model))
    return trackers


def _notify(listen: Listener, event: events.Event) -> None:
    try:
        listen(event)
    except OSError as error:
        if not isinstance(event, events.ENDINGS):
            raise
        say(f"warning: {error.filename} could not be written: {error.strerror}", error=True)
