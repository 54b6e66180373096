"""Data files → token streams, from a cache on disk if there is much data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from trainsmith_schemas.quantities import size
from trainsmith_system.terminal import say
from trainsmith_trainer.data.bad_lines import BadLines
from trainsmith_trainer.data.cache import (
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
    documents_name,
    in_memory,
    mask_name,
    tokens_name,
)
from trainsmith_trainer.data.chat.conversation import Chat
from trainsmith_trainer.data.chat.template import ChatTemplate
from trainsmith_trainer.data.examples import Form
from trainsmith_trainer.data.files import (
    DATA_KEY,
    VALIDATION_KEY,
    file_type,
    is_compressed,
    kind_of,
)
from trainsmith_trainer.data.learning import LearnedKind, concerning, learn
from trainsmith_trainer.data.segments import BadLine
from trainsmith_trainer.data.stream import Separation, StreamWriter, write_stream
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.data.tokens import END
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.user_cache import VARIABLE

_VOCAB_KEY = "transformer_config.vocab_size"
_LARGEST_IN_MEMORY = 4 << 20
"""Bytes; smaller data is encoded so quickly that caching it is not worthwhile."""
_ANNOUNCED_FROM = 64 << 20
_COMPRESSION = 5
"""How much shorter compressed text usually is."""


@dataclass(frozen=True)
class Sources:
    """The files of a run's data, and how to read them."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...] = ()
    """Without any, the end of the data is set aside."""
    validation_split: float = 0.0
    skip_bad_lines: bool = False
    tokenizer_type: LearnedKind = "char"
    """The kind of tokenizer to learn from the data, if none is named."""
    vocab_size: int = 0
    """The most byte pairs to learn; 0 means the usual number."""
    tokenizer: Tokenizer | None = None
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Our names of columns → those in the data."""
    train_on_inputs: bool = False
    chat_template: ChatTemplate | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files."""
        return (*self.training, *self.validation)

    def form(self, special: Sequence[str], stops: Sequence[str]) -> Form:
        """How records become texts, with a tokenizer of these special tokens."""
        template = self.chat_template
        chat = Chat(template, tuple(special), tuple(stops)) if template else None
        return Form(self.columns, self.train_on_inputs, chat)

    def key_of(self, path: Path) -> str:
        """The key of the recipe that names a file."""
        return DATA_KEY if path in self._for_training else VALIDATION_KEY

    @cached_property
    def _for_training(self) -> frozenset[Path]:  # There may be hundreds of thousands.
        return frozenset(self.training)


def encode(sources: Sources) -> Encoded:
    """The streams of all files: the data, then the validation files, if there are any.

    Raises:
        RunError: a file cannot be read or contains malformed lines, or the vocabulary is too small.
    """

    def write(open_file: Open) -> tuple[Tokenizer, int, tuple[LeftOut, ...]]:
        return _write(sources, open_file)

    bytes_of_all = sum(map(_size, sources.paths))
    if bytes_of_all <= _LARGEST_IN_MEMORY:
        return in_memory(write)
    key = _cache_key(sources)
    if bytes_of_all > _ANNOUNCED_FROM and not is_cached(key):
        say(
            f"{size(bytes_of_all)} of data are tokenized once, into the cache {cache_folder()}",
            error=True,
        )
    try:
        encoded = cached(
            key, write, streams=2 if sources.validation else 1, files=len(sources.paths)
        )
        # The cache has no files beside a `tokenizer.json`.
        return replace(encoded, tokenizer=_for(sources)) if sources.tokenizer else encoded
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


def _size(path: Path) -> int:
    """The size of a file's content; if it is compressed, approximately."""
    return path.stat().st_size * (_COMPRESSION if is_compressed(path) else 1)


def _cache_key(sources: Sources) -> str:
    """A digest of everything that determines the streams."""
    given = sources.tokenizer
    how = (
        # Its end may be a number that no file names.
        "".join(f"{name}{content!r}" for name, content in given.files().items()) + f"{given.end}"
        if given
        else f"{sources.tokenizer_type} {sources.vocab_size}"
    )
    kinds = [file_type(path) for path in sources.paths]
    outline = f"{VERSION} {kinds} {len(sources.validation)} {sources.skip_bad_lines}"
    form = f"{sorted(sources.columns.items())} {sources.train_on_inputs} {sources.chat_template!r}"
    return digest_of((outline, how, form, *sources.paths))


def _write(sources: Sources, open_file: Open) -> tuple[Tokenizer, int, tuple[LeftOut, ...]]:
    """Learn a tokenizer if none is named, then write a stream for each part of the data."""
    parts: list[Sequence[Path]] = [part for part in (sources.training, sources.validation) if part]
    kinds = {kind_of(path) for path in sources.paths}
    separation = Separation(files=max(map(len, parts)) > 1, has_mask="examples" in kinds)
    bad = BadLines(sources.key_of, skip=sources.skip_bad_lines)
    report = bad.report
    if sources.tokenizer:
        tokenizer = _for(sources)
    else:
        # Byte pairs always have one, as in GPT-2: the model may later be trained on examples.
        has_end = "examples" in kinds or separation.files or sources.tokenizer_type == "bpe"
        names = (END,) if has_end else ()
        tokenizer = learn(
            sources.tokenizer_type,
            sources.vocab_size,
            parts,
            sources.form(names, names),
            report,
            has_end=has_end,
        )
        bad.refuse()
        report = _ignore  # Learning has reported those lines.
    form = sources.form(tokenizer.special_names, tokenizer.stop_names)
    for at, part in enumerate(parts):
        tokens, mask = open_file(tokens_name(at)), open_file(mask_name(at))
        writer = StreamWriter(
            tokenizer.vocab_size,
            tokens,
            mask if separation.has_mask else None,
            open_file(documents_name(at)),
        )
        with concerning(at):
            write_stream(part, tokenizer, separation, form, report, writer)
    bad.refuse()
    return tokenizer, len(parts), bad.left_out(sources.paths)


def _for(sources: Sources) -> Tokenizer:
    """The given tokenizer; where there are examples, with a token for the end of a document."""
    assert sources.tokenizer
    if all(kind_of(path) != "examples" for path in sources.paths):
        return sources.tokenizer
    given, ended = sources.tokenizer, sources.tokenizer.with_end()
    if 0 < sources.vocab_size < ended.vocab_size and ended.vocab_size > given.vocab_size:
        raise RunError(
            f"each example is followed by an end-of-text token, the tokenizer has none, and the "
            f"model has no room for one: its `vocab_size` is {sources.vocab_size}",
            advice="use a tokenizer that has one, such as <|endoftext|>, or train on plain text",
            config_path=_VOCAB_KEY,
        )
    return ended


def _ignore(_bad: BadLine) -> None:
    pass
