"""What all tokenizers share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.data.segments import Span
from trainsmith_trainer.errors import RunError

TokenArray = npt.NDArray[np.uint16 | np.uint32]
TokenType = type[np.uint16] | type[np.uint32]

Flags: TypeAlias = "npt.NDArray[np.bool_]"

Counted: TypeAlias = "tuple[TokenArray, Flags]"
"""The tokens of a text, and which of them the loss counts."""

LARGEST_VOCABULARY = 1 << 24
"""A number of tokens that no model has. Libraries allocate memory for as many as a file says."""

END = "<|endoftext|>"
"""The token after each document, with the name that it has in GPT-2."""


class UnknownCharacterError(ValueError):
    """A text contains characters without a token."""


class BrokenTokenizerError(RunError):
    """A tokenizer was read, but fails when it is used."""


def token_type(vocab_size: int) -> TokenType:
    """The smallest type that can represent every token of a vocabulary."""
    return np.uint16 if vocab_size <= 1 << 16 else np.uint32


def flags_of(offsets: Sequence[tuple[int, int]], counted: Sequence[Span]) -> Flags:
    """Which tokens have a character that the loss counts.

    Args:
        offsets: the characters of each token, in order.
        counted: the characters that the loss counts.
    """
    flags = np.zeros(len(offsets), np.bool_)
    if len(offsets):
        begins, ends = np.array(offsets).T
        for begin, end in counted:
            flags[np.searchsorted(ends, begin, "right") : np.searchsorted(begins, end)] = True
    return flags


def divided(
    text: str, names: Sequence[str], quoted: Sequence[Span]
) -> Iterator[tuple[int, int, bool]]:
    """Divide a conversation into special tokens and the texts between them.

    Args:
        text: of the conversation.
        names: of the special tokens.
        quoted: where these are text.

    Yields:
        The first character of each part, the one after its last, and whether it is a special token.
    """
    position = 0
    longest_first = sorted(names, key=len, reverse=True)
    for match in re.finditer("|".join(map(re.escape, longest_first)), text) if names else ():
        begin, end = match.span()
        if any(first < end and begin < last for first, last in quoted):
            continue
        if position < begin:
            yield position, begin, False
        yield begin, end, True
        position = end
    if position < len(text):
        yield position, len(text), False
