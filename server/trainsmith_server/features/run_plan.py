"""What **Run Training** would do with a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from trainsmith_schemas.editor.messages import MissingFile, RunPlan
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_server.document.query import DocumentQuery
from trainsmith_server.document.result import Analysis

_FILES = ("training_config.data_path", "training_config.model_config")
"""The keys that name a file that every run needs."""


def run_plan(
    analysis: Analysis, absent: Callable[[Iterable[str]], Iterable[str]] = lambda _: ()
) -> RunPlan:
    """The kind of document, the folder of its runs, and whether the trainer would accept it.

    Args:
        analysis: the document.
        absent: returns those of some paths at which a run would find no file.
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
        missing=list(_missing(analysis, absent)),
    )


def _missing(
    analysis: Analysis, absent: Callable[[Iterable[str]], Iterable[str]]
) -> Iterator[MissingFile]:
    for known in analysis.documents[:1]:
        query = DocumentQuery(known, analysis.text)
        for key in _FILES if known.kind.name == "training" else ():
            found = query.key(key)
            value = found.value if found and found.value is not None else ""
            # A value that is not a path is an error, which is counted above.
            several = value if isinstance(value, list) else [value]
            paths = [one for one in several if isinstance(one, str)]
            missing = {"", *absent([one for one in paths if one])}
            yield from (MissingFile(key=key, written=one) for one in paths if one in missing)
