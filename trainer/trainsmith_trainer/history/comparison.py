"""Comparing several runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainsmith_schemas.meaning.difference import differences
from trainsmith_schemas.runs.layout import EVENTS, RESOLVED
from trainsmith_schemas.runs.reports import Comparison
from trainsmith_trainer.history.all_runs import why_unreadable
from trainsmith_trainer.history.record import read_run, read_settings


class UnknownRunError(Exception):
    """A folder is not a run's, or the run's settings cannot be read."""


def compare(folders: Sequence[Path]) -> Comparison:
    """The differences between runs, and their results.

    Args:
        folders: the folders of two or more runs.

    Raises:
        UnknownRunError: with the folder.
    """
    runs, settings = [], []
    for folder in folders:
        run, its_settings = read_run(folder), read_settings(folder)
        if run is None:
            reason = why_unreadable(folder) or f"it has no {EVENTS}"
            raise UnknownRunError(f"{folder} is not a run's folder: {reason}")
        if its_settings is None:
            raise UnknownRunError(f"the settings of {folder} cannot be read from {RESOLVED}")
        runs.append(run)
        settings.append(its_settings)
    found = differences(settings)
    matter = sum(difference.matters for difference in found)
    return Comparison(runs=runs, differences=found, matter=matter, curves=None)
