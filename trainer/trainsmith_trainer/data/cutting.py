"""How the documents of a run become sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainsmith_schemas.quantities import plural
from trainsmith_trainer.data.batches import Sequences
from trainsmith_trainer.data.overlong import Overlong, TooLong, pieces_of
from trainsmith_trainer.data.rows import Rows
from trainsmith_trainer.data.stream import Stream
from trainsmith_trainer.data.windows import Windows
from trainsmith_trainer.errors import RunError

OVERLONG_KEY = "training_config.overlong"


@dataclass(frozen=True)
class Cutting:
    """What decides how documents are cut; each field means what the recipe's key says."""

    length: int
    """The most tokens in a sequence."""
    length_key: str = "max_sequence_length"
    """The key that sets it."""
    packing: bool = False
    document_starts: bool = False
    overlong: Overlong = "error"


def keeps_documents(stream: Stream, cutting: Cutting) -> bool:
    """Whether documents begin sequences; otherwise the stream is cut anywhere."""
    return cutting.document_starts or bool(stream.documents["example"].any())


def sequences_of(
    stream: Stream,
    cutting: Cutting,
    begin: int,
    place: Callable[[int], str],
    *,
    moves: bool,
) -> tuple[Sequences, str]:
    """The sequences of a stream.

    Args:
        stream: the documents.
        cutting: how to cut them.
        begin: how many tokens precede each document's text.
        place: the file and line of a document, by its index.
        moves: whether plain text is cut at other places in each epoch.

    Returns:
        The sequences, and a warning about examples that are too long, or an empty text.

    Raises:
        RunError: examples are too long, and the recipe does not say what happens to them.
    """
    if not keeps_documents(stream, cutting):
        return Windows(stream, cutting.length, moves=moves), ""
    pieces, too_long = pieces_of(stream, cutting.length, begin, cutting.overlong)
    rows = Rows(stream, pieces, cutting.length, packs=cutting.packing)
    if too_long is None:
        return rows, ""
    told = _told(stream, too_long, cutting.length, place(too_long.longest))
    most = cutting.length - begin
    if cutting.overlong == "truncate_prompt" and too_long.conversations:
        raise RunError(
            f"{told}. `overlong: truncate_prompt` shortens only prompts, and some of these are "
            "conversations",
            advice=f"raise {cutting.length_key}, or leave these examples out with `overlong: skip`",
            config_path=OVERLONG_KEY,
        )
    if cutting.overlong == "truncate_prompt" and too_long.longest_response > most:
        raise RunError(
            f"{told}. `overlong: truncate_prompt` shortens only prompts, and the longest of these "
            f"responses has {too_long.longest_response:,} tokens, more than {max(most, 0):,}",
            advice=f"raise {cutting.length_key}, or leave these examples out with `overlong: skip`",
            config_path=OVERLONG_KEY,
        )
    if cutting.overlong == "error":
        raise RunError(
            told,
            advice=f"raise {cutting.length_key} to {too_long.longest_size} or more, or set "
            "`overlong: truncate_prompt`, which drops the first tokens of long prompts, or "
            "`overlong: skip`, which leaves these examples out",
            config_path=OVERLONG_KEY,
        )
    happens = "their prompts lose the first tokens" if cutting.overlong != "skip" else "left out"
    return rows, f"{told}: {happens}"


def _told(stream: Stream, too_long: TooLong, length: int, place: str) -> str:
    examples = int(stream.documents["example"].sum())
    verb = "is" if too_long.count == 1 else "are"
    return (
        f"{too_long.count:,} of {plural(examples, 'example')} {verb} longer than the {length:,} "
        f"tokens of a sequence; the longest has {too_long.longest_size:,}, in "
        f"{place}"
    )
