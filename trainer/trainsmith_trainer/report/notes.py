"""A run's entry in `experiments.md`, written when the run starts and when it ends."""

from __future__ import annotations

from pathlib import Path

from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import EXPERIMENTS
from trainsmith_system.terminal import say
from trainsmith_trainer.history.experiments import note_run, without_result
from trainsmith_trainer.history.record import read_run


class Notes:
    """Listens for the start and the end of a run, and writes what its folder contains then."""

    def __init__(self, folder: Path, notes: Path) -> None:
        self._folder = folder
        self._path = notes / EXPERIMENTS
        self._sample: str | None = None

    def __call__(self, event: events.Event) -> None:
        """Keep the last sample, and write the entry."""
        if isinstance(event, events.Sample):
            self._sample = event.prompt + event.text
        if not isinstance(event, (events.RunStarted, *events.ENDINGS)):
            return
        try:
            if isinstance(event, events.RunStarted):
                self._complete_others()
            run = read_run(self._folder)
            if run:
                note_run(self._path, run, self._sample)
        except OSError as error:
            say(f"warning: {self._path} was not written: {error.strerror}", error=True)

    def _complete_others(self) -> None:
        """Note the results of runs that were killed after they ended, but before they noted it."""
        for name in without_result(self._path):
            run = read_run(self._folder.parent / name)
            if run and run.state not in ("running", "interrupted"):
                note_run(self._path, run, None)
