"""Data that is both trained on and validated on: its validation loss would promise too much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from trainsmith_schemas.quantities import plural
from trainsmith_trainer.data.batches import Integers
from trainsmith_trainer.data.files import VALIDATION_KEY
from trainsmith_trainer.data.stream import Stream
from trainsmith_trainer.errors import RunError

_ADVICE = "validate on other data: otherwise the validation loss says nothing about new text"


def refuse_same_files(training: Sequence[Path], validation: Sequence[Path]) -> None:
    """Refuse a file that is in both parts, also under two names, as through a link.

    Raises:
        RunError: with both names.
    """
    trained = {_identity(path): path for path in training}
    for path in validation:
        other = trained.get(_identity(path))
        if other is not None:
            names = f"{path}" if path == other else f"{path}, which is also {other},"
            raise RunError(
                f"{names} is in `data_path` and in `validation_path`",
                advice=_ADVICE,
                config_path=VALIDATION_KEY,
            )


def without_repeated(paths: Sequence[Path]) -> tuple[tuple[Path, ...], list[str]]:
    """Each file once, and a warning for each that is named twice, as through a link."""
    first: dict[tuple[int, int], Path] = {}
    warnings: list[str] = []
    for path in paths:
        kept = first.setdefault(_identity(path), path)
        if kept != path:
            warnings.append(f"{path} is the same file as {kept}, and is read once")
    return tuple(first.values()), warnings


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def refuse_same_documents(
    training: Stream,
    validation: Stream,
    training_place: Callable[[int], str],
    validation_place: Callable[[int], str],
) -> None:
    """Refuse documents of `validation_path` that have the same text as one in `data_path`.

    Raises:
        RunError: with the first of them.
    """
    repeated = repeated_documents(training, validation)
    if len(repeated):
        at = int(repeated[0])
        digest = validation.documents["digest"][at]
        other = int(np.flatnonzero(training.documents["digest"] == digest)[0])
        raise RunError(
            f"{len(repeated):,} of {plural(len(validation.documents), 'document')} to validate "
            f"with {'is' if len(repeated) == 1 else 'are'} also trained on; the first is "
            f"{validation_place(at)}, with the text of {training_place(other)}",
            advice=f"remove the text from one of them; {_ADVICE}",
            config_path=VALIDATION_KEY,
        )


def repeated_documents(training: Stream, validation: Stream) -> Integers:
    """The indices of validation documents whose text is also trained on."""
    digests = validation.documents["digest"]
    return np.flatnonzero(np.isin(digests, training.documents["digest"]))
