"""A text file → tokens to train on and tokens to validate with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trainsmith_trainer.problems import RunError
from trainsmith_trainer.tokenizers import (
    BYTES,
    BpeTokenizer,
    CharTokenizer,
    TokenArray,
    Tokenizer,
    UnknownCharacterError,
)

_DATA_KEY = "training_config.data_path"
_VOCAB_KEY = "transformer_config.vocab_size"
_DEFAULT_BPE_SIZE = 4096
_LENGTH_KEY = "transformer_config.max_sequence_length"


@dataclass(frozen=True)
class Corpus:
    """A tokenized text, divided."""

    tokenizer: Tokenizer
    training: TokenArray
    validation: TokenArray
    """From the end of the text; empty where nothing is set aside."""


def load_corpus(
    path: Path,
    *,
    validation_split: float,
    sequence_length: int,
    tokenizer_type: Literal["bpe", "char"] = "char",
    vocab_size: int = 0,
    tokenizer: Tokenizer | None = None,
) -> Corpus:
    """Read a text, learn its tokens and set its end aside for validation.

    `vocab_size` is the most byte pairs to learn; 0 means `_DEFAULT_BPE_SIZE`. With a `tokenizer`
    there is nothing to learn.

    Raises:
        RunError: the file is empty, is not UTF-8, or is shorter than one training sequence;
            or the vocabulary is too small for byte pairs.
    """
    text = _read(path)
    if not text.strip():
        raise RunError(
            f"{path} is empty", advice="name a file with text in it", config_path=_DATA_KEY
        )
    if tokenizer is None:
        tokenizer = CharTokenizer.of(text) if tokenizer_type == "char" else _bpe(text, vocab_size)
    try:
        tokens = tokenizer.encode(text)
    except UnknownCharacterError as error:
        raise RunError(
            f"{path} cannot be read in the model's tokens: {error}",
            advice="take these characters out, or start from a model that has them",
            config_path=_DATA_KEY,
        ) from None
    boundary = len(tokens) - int(len(tokens) * validation_split)
    if boundary < sequence_length + 1:
        raise RunError(
            f"{path} has {boundary} tokens to train on, fewer than one sequence needs: "
            f"{sequence_length} and the one after them",
            advice="train on more text, or lower max_sequence_length"
            + (f" to {boundary - 1} or less" if boundary > 1 else ""),
            config_path=_LENGTH_KEY,
        )
    return Corpus(tokenizer, tokens[:boundary], tokens[boundary:])


def _bpe(text: str, vocab_size: int) -> BpeTokenizer:
    if 0 < vocab_size < BYTES:
        raise RunError(
            f"`vocab_size` is {vocab_size}, and byte pairs need {BYTES}, one for each byte",
            advice=f"write {BYTES} or more, or 0, which means up to {_DEFAULT_BPE_SIZE}",
            config_path=_VOCAB_KEY,
        )
    return BpeTokenizer.of(text, vocab_size or _DEFAULT_BPE_SIZE)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}", config_path=_DATA_KEY) from None
    except UnicodeDecodeError as error:
        raise RunError(
            f"{path} is not UTF-8 text (byte {error.start})",
            advice="save it as UTF-8",
            config_path=_DATA_KEY,
        ) from None
