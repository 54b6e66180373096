"""One text file → tokens to train on and tokens to validate with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from trainsmith_trainer.data.corpus import Corpus, Sources
from trainsmith_trainer.data.corpus import load_corpus as load
from trainsmith_trainer.tokenizers import Tokenizer

__all__ = ["Corpus", "load_corpus"]


def load_corpus(
    path: Path,
    *,
    validation_split: float,
    sequence_length: int,
    tokenizer_type: Literal["bpe", "char"] = "char",
    vocab_size: int = 0,
    tokenizer: Tokenizer | None = None,
) -> Corpus:
    """Read data, learn its tokens and set its end aside for validation; see `Sources`."""
    sources = Sources(
        training=(path,),
        validation_split=validation_split,
        tokenizer_type=tokenizer_type,
        vocab_size=vocab_size,
        tokenizer=tokenizer,
    )
    return load(sources, sequence_length)
