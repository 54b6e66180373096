"""Data files → training tokens and validation tokens."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from trainsmith_schemas.quantities import size
from trainsmith_system.reading import open_regular
from trainsmith_system.terminal import say
from trainsmith_trainer.data.cache import (
    VARIABLE,
    VERSION,
    cache_folder,
    cached,
    digest_of,
    is_cached,
)
from trainsmith_trainer.data.cache_entry import (
    DamagedEntryError,
    Encoded,
    LeftOut,
    Open,
    in_memory,
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
"""Bytes; smaller data is encoded so quickly that caching it is not worthwhile."""
_LEARNED_FROM = 32 << 20
"""Approximate bytes that byte pairs are learned from. More takes minutes and yields the same."""
_ANNOUNCED_FROM = 64 << 20
_BAD_LINES_SHOWN = 5
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Sources:
    """The files of a run's data, and how to read them."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...] = ()
    """Without any, the end of the data is set aside."""
    validation_split: float = 0.0
    skip_bad_lines: bool = False
    tokenizer_type: Literal["bpe", "char"] = "char"
    """The kind of tokenizer to learn from the data, if none is named."""
    vocab_size: int = 0
    """The most byte pairs to learn; 0 means `_DEFAULT_BPE_SIZE`."""
    tokenizer: Tokenizer | None = None

    def key_of(self, path: Path) -> str:
        """The key of the recipe that names a file."""
        return DATA_KEY if path in self._for_training else VALIDATION_KEY

    @cached_property
    def _for_training(self) -> frozenset[Path]:  # There may be hundreds of thousands.
        return frozenset(self.training)


@dataclass(frozen=True)
class Corpus:
    """Tokenized data, split for training and validation."""

    tokenizer: Tokenizer
    training: Stream
    validation: Stream
    """Empty if nothing is set aside."""
    digest: str
    """Of the tokenizer and all tokens."""
    warnings: tuple[tuple[str, str], ...] = ()
    """Warnings about the data, each with the key concerned."""

    def prompt(self, most: int) -> list[int]:
        """A prompt for samples: the first one of the validation data, if there is any.

        In plain text, this is the beginning.
        """
        first = (self.validation if len(self.validation) else self.training)[:_BLOCK]
        end = 0 if first.loss_mask is None or not first.targets else int(first.loss_mask.argmax())
        return first.tokens[max(0, end - most) : end or most].tolist()


def load_corpus(sources: Sources, sequence_length: int) -> Corpus:
    """Read data, learn a tokenizer if none is named, and set the end aside for validation.

    Data of more than a few megabytes is encoded once, into a cache on disk, and is never in memory
    as a whole.

    Args:
        sources: the files, and how to read them.
        sequence_length: tokens that the model sees at once.

    Raises:
        RunError: a file cannot be read, is empty, or contains malformed lines; the data is shorter
            than one sequence; or the vocabulary is too small.
    """
    paths = (*sources.training, *sources.validation)
    for path in paths:
        _refuse_empty(path, sources.key_of(path))
    encoded = _encoded(sources, paths)
    whole, *own = encoded.streams
    training, validation = (whole, own[0]) if own else _split(whole, sources, encoded.tokenizer)
    _refuse_too_short(training, sequence_length)
    return Corpus(
        encoded.tokenizer,
        training,
        validation,
        encoded.digest,
        tuple(
            (_skipped_text(one, paths), sources.key_of(paths[one.file])) for one in encoded.left_out
        ),
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
    if bytes_of_all > _ANNOUNCED_FROM and not is_cached(key):
        say(
            f"{size(bytes_of_all)} of data are tokenized once, into the cache {cache_folder()}",
            error=True,
        )
    try:
        return cached(key, encode, streams=2 if sources.validation else 1, files=len(paths))
    except DamagedEntryError as error:
        raise RunError(
            f"the tokens that were just written to {cache_folder()} are damaged: {error}",
            advice=f"check that disk, or set {VARIABLE} to another folder",
            config_path=DATA_KEY,
        ) from None
    except OSError as error:
        raise RunError(
            f"the tokens cannot be written to {error.filename or cache_folder()}: {error.strerror}",
            advice=f"free some space there, or set {VARIABLE} to another folder",
            config_path=DATA_KEY,
        ) from None


def _encode(
    sources: Sources, paths: Sequence[Path], open_file: Open
) -> tuple[Tokenizer, int, tuple[LeftOut, ...]]:
    """Learn a tokenizer if none is named, then write a stream for each part of the data."""
    parts = [part for part in (sources.training, sources.validation) if part]
    kinds = {kind_of(path) for path in paths}
    separation = Separation(files=max(map(len, parts)) > 1, has_mask="jsonl" in kinds)
    bad = _BadLines(sources)
    report = bad.report
    if sources.tokenizer:
        tokenizer = _with_end(sources) if "jsonl" in kinds else sources.tokenizer
    else:
        # Byte pairs always have one, as in GPT-2: the model may later be trained on examples.
        has_end = "jsonl" in kinds or separation.files or sources.tokenizer_type == "bpe"
        tokenizer = _learn(sources, parts, report, has_end=has_end)
        bad.refuse()
        report = _ignore  # Learning has reported those lines.
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
        return LibraryTokenizer.of_numbers(max(map(_vocabulary_of, paths)))
    for path in paths:
        if kind_of(path) == "tokens":
            raise RunError(
                f"{path} contains tokens, and their text is not known",
                advice="name their tokenizer in `tokenizer_path`, or train on one kind of data",
                config_path=sources.key_of(path),
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
    return LibraryTokenizer.of(_sampled(texts, share), size_wanted, has_end=has_end)


def _sampled(texts: Iterator[str], share: float) -> Iterator[str]:
    """A random part of the texts, the same each time; all texts are read."""
    random = np.random.default_rng(0)
    yield from (text for text in texts if share >= 1 or random.random() < share)


def _texts(parts: Sequence[Sequence[Path]], report: Callable[[BadLine], None]) -> Iterator[str]:
    for at, part in enumerate(parts):
        with _concerning(VALIDATION_KEY if at else DATA_KEY):
            yield from (segment.text for segment in segments(part, report))


def _vocabulary_of(path: Path) -> int:
    """The vocabulary size of a file of tokens: the one that it states, or the largest token's."""
    largest, stated = -1, None
    for part, size_stated in read_tokens(path):
        largest, stated = max(largest, int(part.max(initial=0))), size_stated
    if stated is not None and largest >= stated:
        raise RunError(
            f"{path} contains the token {largest}, and its `tokenizer_vocab_size` is {stated}",
            advice="correct that number, or create the file again",
            config_path=DATA_KEY,
        )
    return stated or largest + 1


def _with_end(sources: Sources) -> Tokenizer:
    """The given tokenizer, with a token for the end of a document."""
    assert sources.tokenizer
    given, ended = sources.tokenizer, sources.tokenizer.with_end()
    if 0 < sources.vocab_size < ended.vocab_size and ended.vocab_size > given.vocab_size:
        raise RunError(
            f"each example is followed by an end-of-text token, the tokenizer has none, and the "
            f"model has no room for one: its `vocab_size` is {sources.vocab_size}",
            advice="use a tokenizer that has one, such as <|endoftext|>, or train on plain text",
            config_path=_VOCAB_KEY,
        )
    return ended


class _BadLines:
    """Malformed lines, which are skipped or prevent a run."""

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
        """Raise an error for malformed lines, unless the recipe skips them."""
        if self._shown:
            raise RunError(
                "; ".join(map(str, self._shown)),
                advice="fix these lines, or skip such lines with `skip_bad_lines: true`",
                config_path=self._sources.key_of(self._shown[0].path),
            )

    def left_out(self, paths: Sequence[Path]) -> tuple[LeftOut, ...]:
        places = {path: at for at, path in reversed(list(enumerate(paths)))}
        return tuple(
            LeftOut(places[path], count, self._first[path].line, self._first[path].why)
            for path, count in self._counts.items()
        )


def _ignore(_bad: BadLine) -> None:
    pass


def _skipped_text(one: LeftOut, paths: Sequence[Path]) -> str:
    first = BadLine(paths[one.file], one.first, one.why)
    count = "1 line was" if one.lines == 1 else f"{one.lines:,} lines were"
    return f"{count} left out of {paths[one.file]}; the first is {first}"


def _split(whole: Stream, sources: Sources, tokenizer: Tokenizer) -> tuple[Stream, Stream]:
    """Set the end of a stream aside: whole documents, if there are several."""
    boundary = len(whole) - int(len(whole) * sources.validation_split)
    if tokenizer.end is not None and boundary < len(whole):
        boundary = _end_before(whole, boundary, tokenizer.end) or boundary
    return whole[:boundary], whole[boundary:]


def _end_before(stream: Stream, boundary: int, end: int) -> int | None:
    """The end of the last document that ends before a boundary."""
    for last in range(boundary, 0, -_BLOCK):
        first = max(0, last - _BLOCK)
        found = np.flatnonzero(stream.tokens[first:last] == end)
        if len(found):
            return first + int(found[-1]) + 1
    return None


def _refuse_empty(path: Path, key: str) -> None:
    try:
        with open_regular(path) as file:
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
            f"the {count} tokens to train on contain no response, and the loss counts only "
            "responses",
            advice="add examples, or lower validation_split, which sets the last ones aside",
            config_path=DATA_KEY,
        )


@contextmanager
def _concerning(key: str) -> Generator[None, None, None]:
    """Report errors of reading under the key that names the files."""
    try:
        yield
    except RunError as error:
        own = key if error.config_path == DATA_KEY else error.config_path
        raise RunError(error.message, advice=error.advice, config_path=own) from None
