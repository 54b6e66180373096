"""Documents → one token stream, and which of its tokens the loss counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

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
from trainsmith_trainer.data.tokenizer import (
    TokenArray,
    Tokenizer,
    UnknownCharacterError,
    token_type,
)
from trainsmith_trainer.errors import RunError

Flags = npt.NDArray[np.bool_]

_PIECES = 8
"""How many pieces are encoded together, so that a library can use its threads."""


@dataclass(frozen=True)
class Stream:
    """A token stream. Both arrays may be memory maps of files."""

    tokens: TokenArray
    loss_mask: Flags | None = None
    """Which tokens the loss counts; `None` means all."""

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, part: slice) -> Stream:
        return Stream(self.tokens[part], None if self.loss_mask is None else self.loss_mask[part])

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


def write_stream(
    paths: Sequence[Path],
    tokenizer: Tokenizer,
    separation: Separation,
    report: Callable[[BadLine], None],
    tokens_file: BinaryIO,
    mask_file: BinaryIO,
) -> None:
    """Encode files piece by piece.

    Args:
        paths: the files.
        tokenizer: encodes the texts.
        separation: how documents are separated.
        report: called for each line that is skipped.
        tokens_file: receives the tokens, in the `token_type` of the vocabulary.
        mask_file: receives a byte for each of them, unless all are counted.

    Raises:
        RunError: a file cannot be read, or contains text without tokens.
    """
    kind = token_type(tokenizer.vocab_size)

    def write(tokens: Iterable[npt.NDArray[np.integer]], loss_mask: Iterable[bool]) -> None:
        for part, counts in zip(tokens, loss_mask, strict=True):
            tokens_file.write(part.astype(kind, copy=False).data)
            if separation.has_mask:
                mask_file.write(np.full(len(part), counts).data)

    for path in paths:
        if kind_of(path) == "tokens":
            for part in _checked_tokens(path, tokenizer.vocab_size):
                write([part], [True])
            if separation.files and tokenizer.end is not None:
                write([np.array([tokenizer.end])], [True])
            continue
        for several in _grouped(segments([path], report)):
            try:
                encoded = tokenizer.encode_all([segment.text for segment in several])
            except UnknownCharacterError as error:
                raise RunError(
                    f"{path} cannot be encoded in the model's tokens: {error}",
                    advice="remove these characters, or start from a model that has them",
                    config_path=DATA_KEY,
                ) from None
            ends = np.array([] if tokenizer.end is None else [tokenizer.end], kind)
            separates = separation.files or kind_of(path) == "jsonl"
            write(
                (
                    np.concatenate((part, ends)) if segment.ends and separates else part
                    for part, segment in zip(encoded, several, strict=True)
                ),
                (segment.in_loss for segment in several),
            )


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
