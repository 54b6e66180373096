"""Data files → tokens to train on and tokens to validate with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from trainsmith_schemas.quantities import size
from trainsmith_trainer.data.cache import (
    VARIABLE,
    VERSION,
    Encoded,
    LeftOut,
    Open,
    cache_folder,
    cached,
    digest_of,
    in_memory,
    is_cached,
    mask_name,
    tokens_name,
)
from trainsmith_trainer.data.reading import DATA_KEY, BadLine, kind_of, read_tokens
from trainsmith_trainer.data.stream import Separation, Stream, segments, write_stream
from trainsmith_trainer.data.tokenizer import BYTES, CharTokenizer, LibraryTokenizer, Tokenizer
from trainsmith_trainer.errors import RunError

VALIDATION_KEY = "training_config.validation_path"
_VOCAB_KEY = "transformer_config.vocab_size"
_LENGTH_KEY = "transformer_config.max_sequence_length"
_DEFAULT_BPE_SIZE = 4096
_LARGEST_IN_MEMORY = 4 << 20
"""Bytes; what is smaller is encoded in no time, and not worth a place on the disk."""
_LEARNED_FROM = 32 << 20
"""Bytes that byte pairs are learned from, about. More takes minutes and teaches the same pairs."""
_WORTH_A_WORD = 64 << 20
_BAD_LINES_SHOWN = 5
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Sources:
    """The files of a run's data, and how they are read."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...] = ()
    """Without any, the end of the data is set aside."""
    validation_split: float = 0.0
    skip_bad_lines: bool = False
    tokenizer_type: Literal["bpe", "char"] = "char"
    """What is learned from the data, where there is no tokenizer."""
    vocab_size: int = 0
    """The most byte pairs to learn; 0 means `_DEFAULT_BPE_SIZE`."""
    tokenizer: Tokenizer | None = None


@dataclass(frozen=True)
class Corpus:
    """Tokenized data, divided."""

    tokenizer: Tokenizer
    training: Stream
    validation: Stream
    """Empty where nothing is set aside."""
    digest: str
    """Of the tokenizer and all tokens."""
    warnings: tuple[tuple[str, str], ...] = ()
    """Warnings about the data, each with the key concerned."""

    def prompt(self, most: int) -> list[int]:
        """What the model is asked to continue: the first prompt that it is not trained on.

        Of plain text, its beginning.
        """
        first = (self.validation if len(self.validation) else self.training)[:_BLOCK]
        asked = 0 if first.loss_mask is None or not first.targets else int(first.loss_mask.argmax())
        return first.tokens[max(0, asked - most) : asked or most].tolist()


def load_corpus(sources: Sources, sequence_length: int) -> Corpus:
    """Read data, learn its tokens, and set its end aside for validation.

    Data of more than a few megabytes is encoded once, into a cache on the disk, and never in memory
    as a whole.

    Args:
        sources: the files, and how they are read.
        sequence_length: tokens that the model sees at once.

    Raises:
        RunError: a file cannot be read, is empty, or holds lines that are none; the data is shorter
            than one sequence; or the vocabulary is too small.
    """
    paths = (*sources.training, *sources.validation)
    for path in paths:
        _refuse_empty(path, _key_of(path, sources))
    encoded = _encoded(sources, paths)
    whole, *own = encoded.streams
    training, validation = (whole, own[0]) if own else _divided(whole, sources, encoded.tokenizer)
    _refuse_too_short(training, sequence_length)
    return Corpus(
        encoded.tokenizer,
        training,
        validation,
        encoded.digest,
        tuple((_said(one, paths), _key_of(paths[one.file], sources)) for one in encoded.left_out),
    )


def _encoded(sources: Sources, paths: Sequence[Path]) -> Encoded:
    def encode(open_file: Open) -> tuple[Tokenizer, int, tuple[LeftOut, ...]]:
        return _encode(sources, paths, open_file)

    bytes_of_all = sum(path.stat().st_size for path in paths)
    if bytes_of_all <= _LARGEST_IN_MEMORY:
        return in_memory(encode)
    given = sources.tokenizer
    how = (
        given.files()["tokenizer.json"]
        if given
        else f"{sources.tokenizer_type} {sources.vocab_size}"
    )
    kinds = [kind_of(path) for path in paths]
    outline = f"{VERSION} {kinds} {len(sources.validation)} {sources.skip_bad_lines}"
    key = digest_of((outline, how, *paths))
    if bytes_of_all > _WORTH_A_WORD and not is_cached(key):
        print(
            f"{size(bytes_of_all)} of data become tokens, once: they are kept in {cache_folder()}",
            file=sys.stderr,
        )
    try:
        return cached(key, encode)
    except OSError as error:
        raise RunError(
            f"the tokens cannot be written to {error.filename or cache_folder()}: {error.strerror}",
            advice=f"make room there, or set {VARIABLE} to another folder",
            config_path=DATA_KEY,
        ) from None


def _encode(
    sources: Sources, paths: Sequence[Path], open_file: Open
) -> tuple[Tokenizer, int, tuple[LeftOut, ...]]:
    """Learn the tokens if need be, then write a stream for each part of the data."""
    parts = [part for part in (sources.training, sources.validation) if part]
    kinds = {kind_of(path) for path in paths}
    separation = Separation(files=max(map(len, parts)) > 1, counts="jsonl" in kinds)
    bad = _BadLines(sources)
    report = bad.report
    if sources.tokenizer:
        tokenizer = _with_end(sources) if "jsonl" in kinds else sources.tokenizer
    else:
        # Byte pairs always have one, as GPT-2's do: the model may be trained on examples later.
        has_end = "jsonl" in kinds or separation.files or sources.tokenizer_type == "bpe"
        tokenizer = _learn(sources, parts, report, has_end=has_end)
        bad.refuse()
        report = _ignore  # Those lines are known by now.
    for at, part in enumerate(parts):
        tokens, loss_mask = open_file(tokens_name(at)), open_file(mask_name(at))
        with _concerning(VALIDATION_KEY if at else DATA_KEY):
            write_stream(part, tokenizer, separation, report, tokens, loss_mask)
    bad.refuse()
    return tokenizer, len(parts), bad.left_out(paths)


def _learn(
    sources: Sources,
    parts: Sequence[Sequence[Path]],
    report: Callable[[BadLine], None],
    *,
    has_end: bool,
) -> Tokenizer:
    paths = [path for part in parts for path in part]
    if all(kind_of(path) == "tokens" for path in paths):
        return LibraryTokenizer.of_numbers(max(map(_tokens_known_in, paths)))
    for path in paths:
        if kind_of(path) == "tokens":
            raise RunError(
                f"{path} holds tokens, and nobody knows which text they stand for",
                advice="name their tokenizer in `tokenizer_path`, or train on one kind of data",
                config_path=_key_of(path, sources),
            )
    texts = _texts(parts, report)
    if sources.tokenizer_type == "char":
        return CharTokenizer.of(texts, has_end=has_end)
    least = BYTES + has_end
    if 0 < sources.vocab_size < least:
        end = " and one for the end of a document" if has_end else ""
        raise RunError(
            f"`vocab_size` is {sources.vocab_size}, and byte pairs need {least}, one for each byte"
            + end,
            advice=f"write {least} or more, or 0, which means up to {_DEFAULT_BPE_SIZE}",
            config_path=_VOCAB_KEY,
        )
    share = _LEARNED_FROM / sum(path.stat().st_size for path in paths)
    size_wanted = sources.vocab_size or _DEFAULT_BPE_SIZE
    return LibraryTokenizer.of(_thinned(texts, share), size_wanted, has_end=has_end)


def _thinned(texts: Iterator[str], share: float) -> Iterator[str]:
    """Part of the texts, chosen at random, the same each time; all are read."""
    random = np.random.default_rng(0)
    yield from (text for text in texts if share >= 1 or random.random() < share)


def _texts(parts: Sequence[Sequence[Path]], report: Callable[[BadLine], None]) -> Iterator[str]:
    for at, part in enumerate(parts):
        with _concerning(VALIDATION_KEY if at else DATA_KEY):
            yield from (segment.text for segment in segments(part, report))


def _tokens_known_in(path: Path) -> int:
    """How many different tokens a file of tokens is made of, as it says or as it shows."""
    largest, said = -1, None
    for part, size_said in read_tokens(path):
        largest, said = max(largest, int(part.max(initial=0))), size_said
    if said is not None and largest >= said:
        raise RunError(
            f"{path} holds the token {largest}, and its `tokenizer_vocab_size` is {said}",
            advice="correct that number, or make the file again",
            config_path=DATA_KEY,
        )
    return said or largest + 1


def _with_end(sources: Sources) -> Tokenizer:
    """The given tokenizer, with a token for the end of a document."""
    assert sources.tokenizer
    given, ended = sources.tokenizer, sources.tokenizer.with_end()
    if 0 < sources.vocab_size < ended.vocab_size and ended.vocab_size > given.vocab_size:
        raise RunError(
            f"each example is followed by an end-of-text token, the tokenizer has none, and the "
            f"model has no room for one: its `vocab_size` is {sources.vocab_size}",
            advice="take a tokenizer that has one, such as <|endoftext|>, or train on plain text",
            config_path=_VOCAB_KEY,
        )
    return ended


class _BadLines:
    """The lines that are left out, or that keep a run from starting."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._first: dict[Path, BadLine] = {}
        self._counts: dict[Path, int] = {}
        self._shown: list[BadLine] = []

    def report(self, bad: BadLine) -> None:
        self._first.setdefault(bad.path, bad)
        self._counts[bad.path] = self._counts.get(bad.path, 0) + 1
        if not self._sources.skip_bad_lines:
            self._shown.append(bad)
            if len(self._shown) == _BAD_LINES_SHOWN:
                self.refuse()

    def refuse(self) -> None:
        """Do not go on, unless such lines shall be skipped."""
        if self._shown:
            raise RunError(
                "; ".join(map(str, self._shown)),
                advice="mend what is wrong, or leave such lines out by `skip_bad_lines: true`",
                config_path=_key_of(self._shown[0].path, self._sources),
            )

    def left_out(self, paths: Sequence[Path]) -> tuple[LeftOut, ...]:
        return tuple(
            LeftOut(paths.index(path), count, self._first[path].line, self._first[path].why)
            for path, count in self._counts.items()
        )


def _ignore(_bad: BadLine) -> None:
    pass


def _said(one: LeftOut, paths: Sequence[Path]) -> str:
    first = BadLine(paths[one.file], one.first, one.why)
    count = "1 line was" if one.lines == 1 else f"{one.lines:,} lines were"
    return f"{count} left out of {paths[one.file]}; the first is {first}"


def _divided(whole: Stream, sources: Sources, tokenizer: Tokenizer) -> tuple[Stream, Stream]:
    """Set the end of a stream aside; of one of several documents, whole ones."""
    boundary = len(whole) - int(len(whole) * sources.validation_split)
    if tokenizer.end is not None and boundary < len(whole):
        boundary = _end_before(whole, boundary, tokenizer.end) or boundary
    return whole[:boundary], whole[boundary:]


def _end_before(stream: Stream, boundary: int, end: int) -> int | None:
    """Where the last document ends that is over at a boundary."""
    for last in range(boundary, 0, -_BLOCK):
        first = max(0, last - _BLOCK)
        found = np.flatnonzero(stream.tokens[first:last] == end)
        if len(found):
            return first + int(found[-1]) + 1
    return None


def _refuse_empty(path: Path, key: str) -> None:
    try:
        with path.open("rb") as file:
            empty = not file.read(_BLOCK).strip() and path.stat().st_size <= _BLOCK
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}", config_path=key) from None
    if empty:
        raise RunError(f"{path} is empty", advice="name a file with text in it", config_path=key)


def _refuse_too_short(training: Stream, sequence_length: int) -> None:
    count = len(training)
    if count < sequence_length + 1:
        raise RunError(
            f"the data has {count} tokens to train on, fewer than one sequence needs: "
            f"{sequence_length} and the one after them",
            advice="train on more text, or lower max_sequence_length"
            + (f" to {count - 1} or less" if count > 1 else ""),
            config_path=_LENGTH_KEY,
        )
    if not training.targets:
        raise RunError(
            f"the {count} tokens to train on have no response in them, and the loss counts "
            "nothing else",
            advice="add examples, or lower validation_split, which sets the last ones aside",
            config_path=DATA_KEY,
        )


def _key_of(path: Path, sources: Sources) -> str:
    return DATA_KEY if path in sources.training else VALIDATION_KEY


@contextmanager
def _concerning(key: str) -> Generator[None, None, None]:
    """Let errors of reading name the key that names the files."""
    try:
        yield
    except RunError as error:
        own = key if error.config_path == DATA_KEY else error.config_path
        raise RunError(error.message, advice=error.advice, config_path=own) from None
