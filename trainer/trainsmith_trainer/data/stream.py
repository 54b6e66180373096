"""Documents → one token stream, where each document ends, and which tokens the loss counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.data.reading import (
    DATA_KEY,
    PIECE,
    BadLine,
    Segment,
    kind_of,
    read_examples,
    read_text,
    read_tokens,
)
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.data.tokens import TokenArray, UnknownCharacterError, token_type
from trainsmith_trainer.errors import RunError

Flags = npt.NDArray[np.bool_]
Documents = npt.NDArray[Any]

DOCUMENT = np.dtype(
    [("end", "<i8"), ("file", "<i4"), ("line", "<i4"), ("digest", "<u8"), ("example", "?")]
)
"""A document: where it ends in the stream, the index of its file, the line at which it begins
(counted from 1), a digest of its text, and whether it is an example, with a prompt and a response.
"""

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
            second["digest"][0] ^= 1  # The second half of a text is another text.
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


def segments(paths: Iterable[Path], report: Callable[[BadLine], None]) -> Iterator[Segment]:
    """The texts of all files, in order. Files of tokens have none."""
    for path in paths:
        match kind_of(path):
            case "jsonl":
                yield from read_examples(path, report)
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

    def write(self, tokens: npt.NDArray[np.integer], uncounted: int = 0) -> None:
        """Add tokens to the current document; the loss does not count the first `uncounted`."""
        self._tokens.write(tokens.astype(self._kind, copy=False).data)
        if self._mask is not None:
            self._mask.write((np.arange(len(tokens)) >= uncounted).data)
        self._written += len(tokens)

    def add_to_digest(self, content: bytes) -> None:
        """Add to what the digest of the current document is made of."""
        self._digest.update(content)

    def end_document(self, file: int, line: int = 1, *, example: bool = False) -> None:
        """End the current document, unless it is empty."""
        if self.within_document:
            digest = int.from_bytes(self._digest.digest(), "little")
            row = np.array([(self._written, file, line, digest, example)], DOCUMENT)
            self._documents.write(row.tobytes())
        self._begins_at = self._written
        self._digest = blake2b(digest_size=8)


def write_stream(
    paths: Sequence[Path],
    tokenizer: Tokenizer,
    separation: Separation,
    report: Callable[[BadLine], None],
    writer: StreamWriter,
) -> None:
    """Encode files piece by piece.

    Args:
        paths: the files.
        tokenizer: encodes the texts.
        separation: how documents are separated.
        report: called for each line that is skipped.
        writer: receives the documents.

    Raises:
        RunError: a file cannot be read, or contains text without tokens.
    """
    begin = np.array(tokenizer.begin, np.int64)
    end = np.array([] if tokenizer.end is None else [tokenizer.end], np.int64)
    for file, path in enumerate(paths):
        separates = separation.files or kind_of(path) == "jsonl"
        if kind_of(path) == "tokens":
            for part in _checked_tokens(path, tokenizer.vocab_size):
                writer.write(part)
                writer.add_to_digest(part.tobytes())
            if separates:
                writer.write(end)
            writer.end_document(file)
            continue
        for several in _grouped(segments([path], report)):
            for segment, (tokens, prompt) in zip(
                several, _encoded(path, several, tokenizer), strict=True
            ):
                if not writer.within_document:
                    writer.write(begin, len(begin))
                writer.write(tokens, prompt)
                writer.add_to_digest(segment.text.encode("utf-8", "surrogatepass"))
                if segment.ends and separates:
                    writer.write(end)
                if segment.ends:
                    example = segment.prompt is not None
                    writer.end_document(file, segment.line, example=example)


def _encoded(
    path: Path, several: Sequence[Segment], tokenizer: Tokenizer
) -> Sequence[tuple[TokenArray, int]]:
    texts = [segment.text for segment in several]
    try:
        prompts = [segment.prompt or 0 for segment in several]
        if any(prompts):
            return tokenizer.encode_after(texts, prompts)
        return [(tokens, 0) for tokens in tokenizer.encode_all(texts)]
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
