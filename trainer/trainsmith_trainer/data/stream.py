"""Documents → one long row of tokens, and which of them the loss counts."""

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
"""How many pieces are encoded together; a library may use its threads for them."""


@dataclass(frozen=True)
class Stream:
    """Tokens in a row. Both arrays may be maps of a file, so that they need no memory."""

    tokens: TokenArray
    loss_mask: Flags | None = None
    """Which of them the loss counts; without it, all."""

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, part: slice) -> Stream:
        return Stream(self.tokens[part], None if self.loss_mask is None else self.loss_mask[part])

    @property
    def targets(self) -> int:
        """Tokens that can be predicted and are counted; the first has nothing before it."""
        if self.loss_mask is None:
            return max(0, len(self) - 1)
        return int(np.count_nonzero(self.loss_mask[1:]))


@dataclass(frozen=True)
class Separation:
    """Where documents end, in a stream of several."""

    files: bool
    """Whether a file of text is followed by the end of a document; one alone is not."""
    counts: bool
    """Whether some tokens are not counted, so that it must be written which are."""


def segments(paths: Iterable[Path], report: Callable[[BadLine], None]) -> Iterator[Segment]:
    """The texts of all files, one after the other. Those of tokens have none."""
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
        tokenizer: what turns text into tokens.
        separation: where documents end.
        report: is told of lines that are left out.
        tokens_file: gets the tokens, each in `token_type` of the vocabulary.
        mask_file: gets a byte for each of them, unless all are counted.

    Raises:
        RunError: a file cannot be read, or holds what has no token.
    """
    kind = token_type(tokenizer.vocab_size)

    def write(tokens: Iterable[npt.NDArray[np.integer]], loss_mask: Iterable[bool]) -> None:
        for part, counts in zip(tokens, loss_mask, strict=True):
            tokens_file.write(part.astype(kind, copy=False).data)
            if separation.counts:
                mask_file.write(np.full(len(part), counts).data)

    for path in paths:
        if kind_of(path) == "tokens":
            for part in _known(path, tokenizer.vocab_size):
                write([part], [True])
            if separation.files and tokenizer.end is not None:
                write([np.array([tokenizer.end])], [True])
            continue
        for several in _together(segments([path], report)):
            try:
                encoded = tokenizer.encode_all([segment.text for segment in several])
            except UnknownCharacterError as error:
                raise RunError(
                    f"{path} cannot be read in the model's tokens: {error}",
                    advice="take these characters out, or start from a model that has them",
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


def _together(several: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Segments in groups that are worth a call of the library."""
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


def _known(path: Path, vocab_size: int) -> Iterator[npt.NDArray[np.uint32]]:
    for part, _ in read_tokens(path, PIECE):
        if part.max(initial=0) >= vocab_size:
            raise RunError(
                f"{path} holds the token {part.max()}, and there are {vocab_size}",
                advice="name the tokenizer that made it, or make it again",
                config_path=DATA_KEY,
            )
        yield part
