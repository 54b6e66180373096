"""Learning a tokenizer from the data."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.data.examples import Form
from trainsmith_trainer.data.files import DATA_KEY, VALIDATION_KEY, kind_of
from trainsmith_trainer.data.hf_tokenizer import BYTES, HfTokenizer
from trainsmith_trainer.data.reading import read_tokens
from trainsmith_trainer.data.segments import BadLine
from trainsmith_trainer.data.stream import segments
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.data.tokens import divided
from trainsmith_trainer.errors import RunError

LearnedKind = Literal["bpe", "char"]

_VOCAB_KEY = "transformer_config.vocab_size"
_DEFAULT_BPE_SIZE = 4096
_MOST_NUMBERED = 1 << 20
"""Tokens without known texts; published tokenizers have up to a quarter of this."""
_LEARNED_FROM = 32 << 20
"""Approximate bytes that byte pairs are learned from. More takes minutes and yields the same."""


def learn(
    kind: LearnedKind,
    vocab_size: int,
    parts: Sequence[Sequence[Path]],
    form: Form,
    report: Callable[[BadLine], None],
    *,
    has_end: bool,
) -> Tokenizer:
    """Learn a tokenizer from files.

    Args:
        kind: what its tokens are.
        vocab_size: the most byte pairs to learn; 0 means `_DEFAULT_BPE_SIZE`.
        parts: the files to train on, then those to validate with.
        form: how records become texts.
        report: called for each malformed line.
        has_end: whether it has a token for the end of a document.

    Raises:
        RunError: a file cannot be read, or the vocabulary is too small.
    """
    paths = [path for part in parts for path in part]
    if all(kind_of(path) == "tokens" for path in paths):
        return HfTokenizer.of_numbers(max(map(_vocabulary_of, paths)))
    for at, part in enumerate(parts):
        for path in part:
            if kind_of(path) == "tokens":
                raise RunError(
                    f"{path} contains tokens, and their text is not known",
                    advice="name their tokenizer in `tokenizer_path`, or train on one kind of data",
                    config_path=_key_of_part(at),
                )
    texts = _texts(parts, form, report)
    if kind == "char":
        return CharTokenizer.of(texts, has_end=has_end)
    least = BYTES + has_end
    if 0 < vocab_size < least:
        end = " and one for the end of a document" if has_end else ""
        raise RunError(
            f"`vocab_size` is {vocab_size}, and byte pairs need {least}, one for each byte" + end,
            advice=f"write {least} or more, or 0, which means up to {_DEFAULT_BPE_SIZE}",
            config_path=_VOCAB_KEY,
        )
    share = _LEARNED_FROM / sum(path.stat().st_size for path in paths)
    size_wanted = vocab_size or _DEFAULT_BPE_SIZE
    return HfTokenizer.of(_sampled(texts, share), size_wanted, has_end=has_end)


@contextmanager
def concerning(part: int) -> Generator[None, None, None]:
    """Report errors of reading under the key that names the files of a part.

    Args:
        part: 0 for the files to train on, 1 for those to validate with.
    """
    try:
        yield
    except RunError as error:
        own = _key_of_part(part) if error.config_path == DATA_KEY else error.config_path
        raise RunError(error.message, advice=error.advice, config_path=own) from None


def _key_of_part(part: int) -> str:
    return VALIDATION_KEY if part else DATA_KEY


def _sampled(texts: Iterator[str], share: float) -> Iterator[str]:
    """A random part of the texts, the same each time; all texts are read."""
    random = np.random.default_rng(0)
    yield from (text for text in texts if share >= 1 or random.random() < share)


def _texts(
    parts: Sequence[Sequence[Path]], form: Form, report: Callable[[BadLine], None]
) -> Iterator[str]:
    for at, part in enumerate(parts):
        with concerning(at):
            for segment in segments(part, form, report):
                if segment.is_conversation:  # Special tokens are not learned from.
                    special = form.chat.special if form.chat else ()
                    for begin, end, is_special in divided(
                        segment.text, special, segment.quoted or ()
                    ):
                        if not is_special:
                            yield segment.text[begin:end]
                else:
                    yield segment.text


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
    found = stated or largest + 1
    if found > _MOST_NUMBERED:
        raise RunError(
            f"{path} needs a vocabulary of {found:,} tokens, more than {_MOST_NUMBERED:,}",
            advice="name its tokenizer in `tokenizer_path`, or create the file again",
            config_path=DATA_KEY,
        )
    return found
