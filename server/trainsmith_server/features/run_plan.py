"""What **Run Training** would do with a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trainsmith_schemas.editor.messages import MissingFile, RunPlan
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_server.document.query import DocumentQuery
from trainsmith_server.document.result import Analysis

_FILES = ("training_config.data_path", "training_config.model_config")
"""The keys that name a file that every run needs."""


def run_plan(analysis: Analysis, is_there: Callable[[str], bool] = lambda _: True) -> RunPlan:
    """The kind of document, the folder of its runs, and whether the trainer would accept it.

    Args:
        analysis: the document.
        is_there: whether a run would find the file at a path in the document.
    """
    folder = None
    for known in analysis.documents[:1]:
        folder = DocumentQuery(known, analysis.text).text("training_config.checkpoint_dir")
    severities = [diagnostic.severity for diagnostic in analysis.diagnostics]
    return RunPlan(
        document=analysis.kind.name if analysis.kind else None,
        checkpointDir=folder.value if folder else TrainingConfig().checkpoint_dir,
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        missing=list(_missing(analysis, is_there)),
    )


def _missing(analysis: Analysis, is_there: Callable[[str], bool]) -> Iterator[MissingFile]:
    for known in analysis.documents[:1]:
        query = DocumentQuery(known, analysis.text)
        for key in _FILES if known.kind.name == "training" else ():
            found = query.key(key)
            value = found.value if found and found.value is not None else ""
            for written in value if isinstance(value, list) else [value]:
                # A value that is not a path is an error, which is counted above.
                if isinstance(written, str) and not (written and is_there(written)):
                    yield MissingFile(key=key, written=written)
