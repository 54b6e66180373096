"""A run's metrics as a file for TensorBoard.

This uses TensorBoard's own writer. PyTorch's writes the same file, but takes seconds to import.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from trainsmith_schemas.runs import events
from trainsmith_system.writing import require_own_folder
from trainsmith_trainer.report.metrics import metrics_of

FOLDER = "tensorboard"


class TensorBoard:
    """Writes scalars into `tensorboard/` in the run's folder, a file for each start of the run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._writer: Any = None

    def __call__(self, event: events.Event) -> None:
        """Write the event's metrics; they are flushed after a validation and at the end."""
        if isinstance(event, events.RunStarted):
            self._begin(event)
        if self._writer is None:
            return
        if isinstance(event, (events.Step, events.Validation)):
            self._write(event)
        if isinstance(event, events.Validation):
            self._writer.flush()
        if isinstance(event, events.ENDINGS):
            self._writer.close()
            self._writer = None

    def _write(self, event: events.Step | events.Validation) -> None:
        summary_type = _proto("summary_pb2").Summary
        values = [
            summary_type.Value(tag=tag, simple_value=value)
            for tag, value in metrics_of(event).items()
        ]
        self._add(wall_time=event.time, step=event.step, summary=summary_type(value=values))

    def _begin(self, event: events.RunStarted) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        require_own_folder(self._folder)
        self._writer = EventFileWriter(str(self._folder))
        if event.steps_before:
            # TensorBoard then discards the earlier metrics of the repeated steps.
            log = _proto("event_pb2").SessionLog
            restart = log(status=log.START)
            self._add(wall_time=event.time, step=event.steps_before + 1, session_log=restart)

    def _add(self, **content: Any) -> None:
        self._writer.add_event(_proto("event_pb2").Event(**content))


def _proto(name: str) -> Any:
    """A module of messages, which are created on import, so type checkers cannot see them."""
    return importlib.import_module(f"tensorboard.compat.proto.{name}")
