"""The console output of a run."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from trainsmith_schemas.quantities import loss_text
from trainsmith_schemas.runs import events
from trainsmith_system.terminal import say
from trainsmith_system.text import one_line
from trainsmith_trainer.formatting import duration
from trainsmith_trainer.report.lines import line_of

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def open_console(level: int) -> Generator[Callable[[events.Event], None], None, None]:
    """A progress bar on a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        yield _PlainConsole(level)
        return
    columns = (
        TextColumn("step {task.completed}/{task.total}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[figures]}"),
    )
    progress = Progress(*columns, console=Console(highlight=False), refresh_per_second=2)
    progress.start()
    try:
        yield _LiveConsole(level, progress)
    finally:
        try:
            progress.stop()
        except OSError:  # The terminal may be closed, with text for it still in the buffer.
            leave_console()


def leave_console() -> None:
    """Stop writing to a lost console: a closed terminal, or the broken pipe of `| head`."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # noqa: PERF203
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def tell(line: str) -> None:
    """Write a line, unless the console is lost, which does not end a run."""
    try:
        say(line)
    except OSError:
        leave_console()


class _PlainConsole:
    """Plain lines, with only some of the steps, so that the output stays readable."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._last_shown = -_SECONDS_BETWEEN_LINES

    def __call__(self, event: events.Event) -> None:
        level, line = line_of(event)
        if isinstance(event, events.Compiling):
            level = logging.INFO
        if isinstance(event, (events.Compiling, events.Step)):
            is_first = isinstance(event, events.Step) and event.step == 1
            if not is_first and time.monotonic() - self._last_shown < _SECONDS_BETWEEN_LINES:
                return
            self._last_shown = time.monotonic()
        if level >= self._level:
            say(line, error=level >= logging.ERROR)


class _LiveConsole:
    """A bar for the steps, and lines above it for everything else."""

    def __init__(self, level: int, progress: Progress) -> None:
        self._level = level
        self._progress = progress
        self._task: TaskID | None = None

    def __call__(self, event: events.Event) -> None:
        if isinstance(event, events.RunStarted):
            self._task = self._progress.add_task(
                "", total=event.total_steps, completed=event.steps_before, figures=""
            )
        if isinstance(event, events.Compiling):
            self._show(line_of(event)[1])
            return
        if isinstance(event, events.Step):
            self._show_step(event)
            return
        level, line = line_of(event)
        if level >= self._level:
            style = {logging.WARNING: "yellow", logging.ERROR: "bold red"}.get(level)
            self._progress.console.print(one_line(line), style=style, markup=False, soft_wrap=True)

    def _show_step(self, event: events.Step) -> None:
        figures = (
            f"loss {loss_text(event.loss)}  {event.tokens_per_second:,.0f} tokens/s  "
            f"{duration(event.seconds_left)} left"
        )
        self._show(figures, completed=event.step)

    def _show(self, figures: str, completed: int | None = None) -> None:
        """Replace what is beside the bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=completed, figures=figures)
