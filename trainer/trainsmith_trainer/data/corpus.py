"""Data files → the sequences of a run, for training and for validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trainsmith_schemas.quantities import plural
from trainsmith_system.reading import open_regular
from trainsmith_trainer.data.batches import Sequences
from trainsmith_trainer.data.cache_entry import LeftOut
from trainsmith_trainer.data.chat.template import ChatTemplate
from trainsmith_trainer.data.cutting import OVERLONG_KEY, Cutting, keeps_documents, sequences_of
from trainsmith_trainer.data.encoding import Sources, encode
from trainsmith_trainer.data.files import DATA_KEY, VALIDATION_KEY, kind_of
from trainsmith_trainer.data.overlap import (
    refuse_same_documents,
    refuse_same_files,
    repeated_documents,
    without_repeated,
)
from trainsmith_trainer.data.segments import BadLine
from trainsmith_trainer.data.split import split
from trainsmith_trainer.data.stream import Stream
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.errors import RunError

_LENGTH_KEYS = {
    "max_sequence_length": "transformer_config.max_sequence_length",
    "sequence_length": "training_config.sequence_length",
}
_SPLIT_KEY = "training_config.validation_split"
_SAID_FROM = 0.25
"""How far the share that is set aside may be from the recipe's, as a part of it, unsaid."""
_BLOCK = 1 << 16

Warnings = tuple[tuple[str, str], ...]
"""Warnings about the data, each with the key concerned."""


@dataclass(frozen=True)
class Corpus:
    """Tokenized data, split for training and validation."""

    tokenizer: Tokenizer
    training: Stream
    validation: Stream
    """Empty if nothing is set aside."""
    sequences: Sequences
    """Those to train on."""
    validation_sequences: Sequences
    digest: str
    """Of the tokenizer and all tokens."""
    warnings: Warnings = ()
    chat_template: ChatTemplate | None = None
    """Wrote the conversations, if there are any."""
    training_files: tuple[Path, ...] = ()
    """The files that the documents to train on are from, each once."""
    validation_files: tuple[Path, ...] = ()

    @property
    def validates(self) -> bool:
        """Whether there is any validation data."""
        return self.validation_sequences.tokens > 0

    def prompt(self, most: int) -> list[int]:
        """A prompt for samples: the first one of the validation data, if there is any.

        In plain text, this is the beginning.
        """
        stream = self.validation if len(self.validation) else self.training
        tokens, begin = stream.tokens[:_BLOCK], len(self.tokenizer.begin)
        mask = None if stream.loss_mask is None else stream.loss_mask[:_BLOCK]
        end = 0 if mask is None or not mask.any() else int(mask.argmax())
        if end <= begin:  # No prompt precedes the text.
            return tokens[:most].tolist()
        return [*tokens[:begin].tolist(), *tokens[max(begin, end - most) : end].tolist()]


def load_corpus(sources: Sources, cutting: Cutting) -> Corpus:
    """Read data, learn a tokenizer if none is named, and set the end aside for validation.

    Data of more than a few megabytes is encoded once, into a cache on disk, and is never in memory
    as a whole.

    Args:
        sources: the files, and how to read them.
        cutting: how the documents become sequences.

    Raises:
        RunError: a file cannot be read, is empty, contains malformed lines, or is both trained on
            and validated on; the data is shorter than one sequence, or an example is longer; or
            the vocabulary is too small.
    """
    for path in sources.paths:
        _refuse_empty(path, sources.key_of(path))
    sources, warnings = _each_once(sources)
    refuse_same_files(sources.training, sources.validation)
    encoded = encode(sources)
    whole, *own = encoded.streams
    training, validation = (whole, own[0]) if own else split(whole, sources.validation_split)
    trained_places = _Places(sources.training, training)
    places = _Places(sources.validation or sources.training, validation)
    if own:
        refuse_same_documents(training, validation, trained_places, places)
    else:
        warnings += _other_share(training, validation, sources.validation_split)
        validation, repeated = _without_repeated(training, validation, places)
        places = replace(places, stream=validation)
        warnings += repeated
    _refuse_too_short(training, cutting)
    begin = len(encoded.tokenizer.begin)
    sequences, cut = sequences_of(training, cutting, begin, trained_places, moves=True)
    checked, cut_there = sequences_of(validation, cutting, begin, places, moves=False)
    _refuse_nothing(sequences, cutting)
    skipped = (
        (_skipped_text(one, sources.paths), sources.key_of(sources.paths[one.file]))
        for one in encoded.left_out
    )
    too_long = ((text, OVERLONG_KEY) for text in dict.fromkeys((cut, cut_there)) if text)
    return Corpus(
        encoded.tokenizer,
        training,
        validation,
        sequences,
        checked,
        encoded.digest,
        (*warnings, *skipped, *too_long),
        training_files=tuple(trained_places.paths),
        validation_files=tuple(places.paths),
    )


@dataclass(frozen=True)
class _Places:
    """Where the documents of a stream come from."""

    paths: Sequence[Path]
    stream: Stream

    def __call__(self, document: int) -> str:
        """The file of a document; in a file with an example per line, the line too."""
        one = self.stream.documents[document]
        path = self.paths[int(one["file"])]
        return f"{path}:{int(one['line'])}" if kind_of(path) == "examples" else str(path)


def _each_once(sources: Sources) -> tuple[Sources, Warnings]:
    """The sources without files that are named twice, and a warning for each of these."""
    training, twice = without_repeated(sources.training)
    validation, twice_there = without_repeated(sources.validation)
    warnings = (
        *((text, DATA_KEY) for text in twice),
        *((text, VALIDATION_KEY) for text in twice_there),
    )
    return replace(sources, training=training, validation=validation), warnings


def _other_share(training: Stream, validation: Stream, wanted: float) -> Warnings:
    """A warning if whole examples or texts make another share than the recipe's."""
    share = len(validation) / max(1, len(training) + len(validation))
    if not len(validation) or abs(share - wanted) <= _SAID_FROM * wanted:
        return ()
    message = (
        f"{share:.1%} of the tokens are set aside for validation instead of {wanted:.1%}, because "
        "no example is divided"
    )
    return ((message, _SPLIT_KEY),)


def _without_repeated(
    training: Stream, validation: Stream, places: _Places
) -> tuple[Stream, Warnings]:
    """What is set aside, without documents whose text is also trained on, and a warning."""
    repeated = repeated_documents(training, validation)
    if not len(repeated):
        return validation, ()
    verb = "has" if len(repeated) == 1 else "have"
    message = (
        f"{len(repeated):,} of {plural(len(validation.documents), 'document')} set aside for "
        f"validation {verb} the same text as one that is trained on, the first in "
        f"{places(int(repeated[0]))}: nothing is validated with these"
    )
    return validation.without(repeated), ((message, _SPLIT_KEY),)


def _skipped_text(one: LeftOut, paths: Sequence[Path]) -> str:
    first = BadLine(paths[one.file], one.first, one.why)
    count = "1 line was" if one.lines == 1 else f"{one.lines:,} lines were"
    return f"{count} left out of {paths[one.file]}; the first is {first}"


def _refuse_empty(path: Path, key: str) -> None:
    try:
        with open_regular(path) as file:
            empty = not file.read(_BLOCK).strip() and path.stat().st_size <= _BLOCK
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}", config_path=key) from None
    if empty:
        raise RunError(f"{path} is empty", advice="name a file with text in it", config_path=key)


def _refuse_too_short(training: Stream, cutting: Cutting) -> None:
    """Refuse plain text that is shorter than one window."""
    count, length = len(training), cutting.length
    if count < length + 1 and not keeps_documents(training, cutting):
        raise RunError(
            f"the data has {count} tokens to train on, fewer than one sequence needs: "
            f"{length} and the one after them",
            advice=f"train on more text, or lower {cutting.length_key}"
            + (f" to {count - 1} or less" if count > 1 else ""),
            config_path=_LENGTH_KEYS[cutting.length_key],
        )


def _refuse_nothing(sequences: Sequences, cutting: Cutting) -> None:
    if not len(sequences):
        raise RunError(
            "no example is left to train on",
            advice=f"add examples that fit in {cutting.length_key}",
            config_path=DATA_KEY,
        )
