"""Setting the end of the data aside for validation."""

from __future__ import annotations

import numpy as np

from trainsmith_trainer.data.stream import Stream

_TOLERANCE = 0.1
"""How much larger or smaller the share may become so that a text is not cut."""


def split(whole: Stream, share: float) -> tuple[Stream, Stream]:
    """Set the last documents aside.

    Examples stay whole: the share is right to within half an example. The end of a text is set
    aside as a whole document where that hardly changes the share; otherwise a text is cut.

    Args:
        whole: the documents.
        share: of the tokens, less than 1.

    Returns:
        The documents to train on, and those that are set aside.
    """
    wanted = int(len(whole) * share)
    if wanted == 0:
        return whole.cut(len(whole))
    at = len(whole) - wanted
    nearest = _nearest_end(whole, at)
    cuts_example = whole.documents["example"][_document_at(whole, at)]
    if cuts_example or abs(nearest - at) <= _TOLERANCE * wanted:
        at = nearest
    return whole.cut(at)


def _document_at(stream: Stream, at: int) -> int:
    """The document that has the token before `at`."""
    return int(np.searchsorted(stream.documents["end"], at))


def _nearest_end(stream: Stream, at: int) -> int:
    """The end of the document that is nearest to `at`; the last one does not count."""
    ends = stream.documents["end"][:-1]
    return int(ends[np.argmin(np.abs(ends - at))]) if len(ends) else len(stream)
