"""Several runs beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainsmith_schemas.meaning.difference import differences
from trainsmith_schemas.runs.layout import EVENTS, RESOLVED
from trainsmith_schemas.runs.reports import Comparison
from trainsmith_trainer.history.record import read_run, read_settings


class UnknownRunError(Exception):
    """A folder is no run's, or does not tell its settings."""


def compare(folders: Sequence[Path]) -> Comparison:
    """What differs between runs, and what came of it.

    Args:
        folders: two or more runs'.

    Raises:
        UnknownRunError: naming the folder.
    """
    runs, settings = [], []
    for folder in folders:
        run, told = read_run(folder), read_settings(folder)
        if run is None:
            raise UnknownRunError(f"{folder} is not a run's folder: it has no {EVENTS}")
        if told is None:
            raise UnknownRunError(f"the settings of {folder} cannot be read from {RESOLVED}")
        runs.append(run)
        settings.append(told)
    found = differences(settings)
    matter = sum(difference.matters for difference in found)
    return Comparison(runs=runs, differences=found, matter=matter, curves=None)
