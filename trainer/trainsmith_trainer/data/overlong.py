"""Documents → pieces that fit in a row; what happens to examples that are too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from trainsmith_trainer.data.batches import Integers
from trainsmith_trainer.data.rows import Pieces
from trainsmith_trainer.data.stream import Flags, Stream

Overlong = Literal["error", "truncate_prompt", "skip"]


@dataclass(frozen=True)
class TooLong:
    """Examples that do not fit in a row."""

    count: int
    longest: int
    """The index of the longest one among all documents."""
    longest_size: int
    """How many tokens the model would have to read for it."""
    longest_response: int
    """How many of them the longest response needs, with one token before it."""
    conversations: bool
    """Whether some of them are conversations."""


def pieces_of(
    stream: Stream, length: int, begin: int, overlong: Overlong
) -> tuple[Pieces, TooLong | None]:
    """Cut documents into pieces that fit in a row.

    A text that is too long becomes several pieces, each of which begins with the last token of the
    one before, so that each token but the first is a target once. An example is never cut: if it is
    too long, the first tokens of its prompt are left out, or the whole example. A conversation has
    no prompt whose beginning could be left out.

    Args:
        stream: the documents.
        length: the most tokens that the model reads at once; the last target comes after them.
        begin: how many tokens precede each document's text.
        overlong: what happens to long examples. `error` leaves them out like `skip`; the caller
            refuses them.

    Returns:
        The pieces, and the examples that are too long, if any.
    """
    starts, ends = stream.starts, stream.documents["end"].astype(np.int64)
    read = ends - starts - 1
    is_example, responses = stream.documents["example"], _responses(stream, starts)
    long = is_example & (read > length)
    room = length + 1 - begin
    whole = (read > 0) & (read <= length)
    if overlong == "truncate_prompt":
        whole |= long & (responses < room) & ~stream.documents["conversation"]
    kept = np.flatnonzero(whole)
    skips_from = np.minimum(starts + begin, ends)
    skips_to = np.where(long, ends - room, skips_from)
    pieces = _joined(
        Pieces(starts[kept], ends[kept], skips_from[kept], skips_to[kept]),
        *(
            _cut(int(starts[at]), int(ends[at]), length)
            for at in np.flatnonzero(~is_example & (read > length))
        ),
    )
    return pieces, _described(stream, long, read, responses) if long.any() else None


def _responses(stream: Stream, starts: Integers) -> Integers:
    """How many tokens of each document the loss counts."""
    if stream.loss_mask is None or not len(starts):
        return stream.documents["end"] - starts
    return np.add.reduceat(stream.loss_mask, starts, dtype=np.int64)


def _described(stream: Stream, long: Flags, read: Integers, responses: Integers) -> TooLong:
    longest = int(np.argmax(np.where(long, read, -1)))
    return TooLong(
        count=int(np.count_nonzero(long)),
        longest=longest,
        longest_size=int(read[longest]),
        longest_response=int(responses[long].max()),
        conversations=bool(stream.documents["conversation"][long].any()),
    )


def _cut(start: int, end: int, length: int) -> Pieces:
    begins = np.arange(start, end - 1, length)
    ends = np.minimum(begins + length + 1, end)
    return Pieces(begins, ends, begins, begins)


def _joined(*several: Pieces) -> Pieces:
    """Pieces in the order of the stream."""
    begins = np.concatenate([pieces.begins for pieces in several])
    order = np.argsort(begins, kind="stable")
    return Pieces(
        begins[order],
        np.concatenate([pieces.ends for pieces in several])[order],
        np.concatenate([pieces.skips_from for pieces in several])[order],
        np.concatenate([pieces.skips_to for pieces in several])[order],
    )
