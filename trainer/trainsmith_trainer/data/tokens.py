"""What all tokenizers share."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.errors import RunError

TokenArray = npt.NDArray[np.uint16 | np.uint32]
TokenType = type[np.uint16] | type[np.uint32]

Continued: TypeAlias = "tuple[TokenArray, int]"
"""The tokens of a text, and how many of the first ones belong to its prompt."""

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
