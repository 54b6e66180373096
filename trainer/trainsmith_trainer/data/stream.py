"""Documents → one token stream, where each document ends, and which tokens the loss counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.data.examples import Form, read_examples
from trainsmith_trainer.data.files import DATA_KEY, kind_of
from trainsmith_trainer.data.reading import PIECE, read_text, read_tokens
from trainsmith_trainer.data.segments import BadLine, Segment
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.data.tokens import (
    Counted,
    Flags,
    TokenArray,
    UnknownCharacterError,
    token_type,
)
from trainsmith_trainer.errors import RunError

Documents = npt.NDArray[Any]

DOCUMENT = np.dtype(
    [
        ("end", "<i8"),
        ("file", "<i4"),
        ("line", "<i4"),
        ("digest", "<u8"),
        ("example", "?"),
        ("conversation", "?"),
    ]
)
"""A document: where it ends in the stream, the index of its file, the line at which it begins
(counted from 1), a digest of its text, whether it is an example, with an input and an answer, and
whether this is a conversation."""

_PIECES = 8
"""How many pieces are encoded together, so that a library can use its threads."""


@dataclass(frozen=True)
class Stream:
    """Documents, one after another. The arrays may be memory maps of files."""

    tokens: TokenArray
    documents: Documents
    """One `DOCUMENT` for each; the last one ends where the tokens end."""
    loss_mask: Flags | None = None
    """Which tokens the loss counts; `None` means all."""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Where each document begins."""
        return np.concatenate(([0], self.documents["end"][:-1]))[: len(self.documents)]

    def cut(self, at: int) -> tuple[Stream, Stream]:
        """The tokens before `at`, and the rest; a document that is cut becomes two."""
        first = self.documents[self.starts < at].copy()
        second = self.documents[self.documents["end"] > at].copy()
        if len(first) + len(second) > len(self.documents):
            first["end"][-1] = at
            second["digest"][0] ^= np.uint64(1)  # The second half of a text is another text.
        second["end"] -= at
        mask = self.loss_mask
        masks = (None, None) if mask is None else (mask[:at], mask[at:])
        return (
            Stream(self.tokens[:at], first, masks[0]),
            Stream(self.tokens[at:], second, masks[1]),
        )

    def without(self, documents: npt.NDArray[np.int64]) -> Stream:
        """The stream without some documents, in memory."""
        kept = np.ones(len(self.documents), np.bool_)
        kept[documents] = False
        lengths = self.documents["end"] - self.starts
        of_tokens = np.repeat(kept, lengths)
        remaining = self.documents[kept].copy()
        remaining["end"] = np.cumsum(lengths[kept])
        mask = self.loss_mask
        return Stream(self.tokens[of_tokens], remaining, None if mask is None else mask[of_tokens])

    @property
    def targets(self) -> int:
        """Tokens that are predicted and counted; the first one is not predicted."""
        if self.loss_mask is None:
            return max(0, len(self) - 1)
        return int(np.count_nonzero(self.loss_mask[1:]))


@dataclass(frozen=True)
class Separation:
    """How documents are separated in a stream."""

    files: bool
    """Whether an end token follows each text file; a single file has none."""
    has_mask: bool
    """Whether the loss does not count some tokens, so that a mask is written."""


def segments(
    paths: Iterable[Path], form: Form, report: Callable[[BadLine], None]
) -> Iterator[Segment]:
    """The texts of all files, in order. Files of tokens have none."""
    for path in paths:
        match kind_of(path):
            case "examples":
                yield from read_examples(path, form, report)
            case "text":
                yield from read_text(path, PIECE)
                yield Segment("", ends=True)
            case "tokens":
                pass


class StreamWriter:
    """Writes a stream to three files, document by document."""

    def __init__(
        self, vocab_size: int, tokens: BinaryIO, mask: BinaryIO | None, documents: BinaryIO
    ) -> None:
        """Begin an empty stream.

        Args:
            vocab_size: determines the `token_type`.
            tokens: receives the tokens.
            mask: receives a byte for each of them, if the loss does not count all.
            documents: receives a `DOCUMENT` for each document.
        """
        self._kind = token_type(vocab_size)
        self._tokens, self._mask, self._documents = tokens, mask, documents
        self._written = 0
        self._begins_at = 0
        self._digest = blake2b(digest_size=8)

    @property
    def within_document(self) -> bool:
        """Whether the current document has any tokens."""
        return self._written > self._begins_at

    def write(self, tokens: npt.NDArray[np.integer], counted: Flags | None = None) -> None:
        """Add tokens to the current document; without flags, the loss counts all of them."""
        self._tokens.write(tokens.astype(self._kind, copy=False).data)
        if self._mask is not None:
            flags = np.ones(len(tokens), np.bool_) if counted is None else counted
            self._mask.write(flags.data)
        self._written += len(tokens)

    def add_to_digest(self, content: bytes) -> None:
        """Add to what the digest of the current document is made of."""
        self._digest.update(content)

    def end_document(self, file: int, last: Segment) -> None:
        """End the current document, unless it is empty.

        Args:
            file: the index of its file.
            last: the last segment of its text.
        """
        if self.within_document:
            digest = int.from_bytes(self._digest.digest(), "little")
            is_example = last.counted is not None
            row = (self._written, file, last.line, digest, is_example, last.is_conversation)
            self._documents.write(np.array([row], DOCUMENT).tobytes())
        self._begins_at = self._written
        self._digest = blake2b(digest_size=8)


def write_stream(
    paths: Sequence[Path],
    tokenizer: Tokenizer,
    separation: Separation,
    form: Form,
    report: Callable[[BadLine], None],
    writer: StreamWriter,
) -> None:
    """Encode files piece by piece.

    Args:
        paths: the files.
        tokenizer: encodes the texts.
        separation: how documents are separated.
        form: how records become texts.
        report: called for each line that is skipped.
        writer: receives the documents.

    Raises:
        RunError: a file cannot be read, or contains text without tokens.
    """
    begin = np.array(tokenizer.begin, np.int64)
    end = np.array([] if tokenizer.end is None else [tokenizer.end], np.int64)
    for file, path in enumerate(paths):
        separates = separation.files or kind_of(path) == "examples"
        if kind_of(path) == "tokens":
            for part in _checked_tokens(path, tokenizer.vocab_size):
                writer.write(part)
                writer.add_to_digest(part.tobytes())
            if separates:
                writer.write(end)
            writer.end_document(file, Segment("", ends=True))
            continue
        for several in _grouped(segments([path], form, report)):
            for segment, (tokens, counted) in zip(
                several, _encoded(path, several, tokenizer), strict=True
            ):
                # The chat template of a conversation writes its own.
                adds = not segment.is_conversation
                if not writer.within_document and segment.counted is not None:
                    counted = _without_first(counted, begin if adds else begin[:0])
                if adds and not writer.within_document:
                    writer.write(begin, np.zeros(len(begin), np.bool_))
                writer.write(tokens, counted)
                writer.add_to_digest(segment.text.encode("utf-8", "surrogatepass"))
                if adds and segment.ends and separates:
                    writer.write(end)
                if segment.ends:
                    writer.end_document(file, segment)


def _without_first(counted: Flags | None, before: npt.NDArray[np.int64]) -> Flags | None:
    """The flags without the first token of an example: nothing comes before it that predicts it."""
    if counted is None or len(before) or not len(counted):
        return counted
    return np.concatenate((np.zeros(1, np.bool_), counted[1:]))


def _encoded(
    path: Path, several: Sequence[Segment], tokenizer: Tokenizer
) -> Sequence[Counted | tuple[TokenArray, None]]:
    """The tokens of segments of one file, and which of them the loss counts, if not all."""
    conversations = [segment for segment in several if segment.is_conversation]
    if conversations and len(conversations) < len(several):
        return [each for one in several for each in _encoded(path, [one], tokenizer)]
    try:
        if conversations:
            return [
                tokenizer.encode_conversation(one.text, one.counted or (), one.quoted or ())
                for one in several
            ]
        texts = [segment.text for segment in several]
        if any(segment.counted for segment in several):
            counted = [segment.counted or ((0, len(segment.text)),) for segment in several]
            return tokenizer.encode_counted(texts, counted)
        return [(tokens, None) for tokens in tokenizer.encode_all(texts)]
    except UnknownCharacterError as error:
        raise RunError(
            f"{path} cannot be encoded in the model's tokens: {error}",
            advice="remove these characters, or start from a model that has them",
            config_path=DATA_KEY,
        ) from None


def _grouped(several: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Segments in groups that are large enough for a call of the library."""
    group: list[Segment] = []
    size = 0
    for segment in several:
        group.append(segment)
        size += len(segment.text) + 1
        if size >= PIECE * _PIECES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _checked_tokens(path: Path, vocab_size: int) -> Iterator[npt.NDArray[np.uint32]]:
    for part, _ in read_tokens(path, PIECE):
        if part.max(initial=0) >= vocab_size:
            raise RunError(
                f"{path} contains the token {part.max()}, and there are {vocab_size}",
                advice="name the tokenizer that made the file, or create it again",
                config_path=DATA_KEY,
            )
        yield part
