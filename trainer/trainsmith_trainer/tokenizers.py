"""Text ↔ tokens. A tokenizer is kept as the `tokenizer.json` that `transformers` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, pre_tokenizers, trainers

TokenArray = npt.NDArray[np.uint16] | npt.NDArray[np.uint32]


class UnknownCharacterError(ValueError):
    """A text holds characters that a tokenizer has no token for."""


@dataclass(frozen=True)
class CharTokenizer:
    """One token for each character that the training text has."""

    characters: str
    """In the order of their tokens."""

    @staticmethod
    def of(text: str) -> CharTokenizer:
        """The tokenizer of a text: its characters, sorted, so that equal texts agree."""
        return CharTokenizer("".join(sorted(set(text))))

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return len(self.characters)

    @cached_property
    def _table(self) -> npt.NDArray[np.uint32]:
        codes = _codes(self.characters)
        table = np.full(int(codes.max(initial=0)) + 1, self.vocab_size, np.uint32)
        table[codes] = np.arange(self.vocab_size, dtype=np.uint32)
        return table

    def encode(self, text: str) -> TokenArray:
        """The tokens of a text.

        Raises:
            UnknownCharacterError: a character has no token.
        """
        codes = _codes(text)
        known = codes < len(self._table)
        tokens = self._table[np.where(known, codes, 0)]
        unknown = ~known | (tokens == self.vocab_size)
        if unknown.any():
            strange = sorted({text[index] for index in np.flatnonzero(unknown)[:10_000]})
            shown = ", ".join(repr(character) for character in strange[:10])
            raise UnknownCharacterError(
                f"the model's {self.vocab_size} characters do not include {shown}"
            )
        return tokens.astype(np.uint16) if self.vocab_size <= 1 << 16 else tokens

    def decode(self, tokens: npt.ArrayLike) -> str:
        """The text of some tokens; one that stands for nothing is a replacement character."""
        return "".join(
            self.characters[token] if token < self.vocab_size else "\N{REPLACEMENT CHARACTER}"
            for token in np.asarray(tokens).tolist()
        )

    def files(self) -> dict[str, bytes]:
        """The files that `transformers` and `load_tokenizer` read."""
        tokenizer = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {
                "type": "Split",
                "pattern": {"Regex": r"[\s\S]"},
                "behavior": "Isolated",
                "invert": False,
            },
            "post_processor": None,
            "decoder": {"type": "Fuse"},
            "model": {
                "type": "WordLevel",
                "vocab": {character: token for token, character in enumerate(self.characters)},
                "unk_token": "",
            },
        }
        return {"tokenizer.json": _json(tokenizer), "tokenizer_config.json": _json(_CONFIG)}


BYTES = 256
"""The smallest vocabulary of byte pairs: every byte has a token, so every text can be read."""


@dataclass(frozen=True)
class BpeTokenizer:
    """Byte pairs, merged by frequency as GPT-2 does (Radford et al., 2019)."""

    content: bytes
    """The `tokenizer.json`."""

    @staticmethod
    def of(text: str, vocab_size: int) -> BpeTokenizer:
        """Learn from a text; equal texts and sizes give equal tokenizers.

        Args:
            text: what to learn from.
            vocab_size: the most tokens to have, at least `BYTES`; a short text gives fewer.
        """
        library = Library(models.BPE())
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        library.train_from_iterator([text], trainer)
        return BpeTokenizer(library.to_str(pretty=True).encode() + b"\n")

    @cached_property
    def _library(self) -> Library:
        return Library.from_buffer(self.content)

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return self._library.get_vocab_size()

    def encode(self, text: str) -> TokenArray:
        """The tokens of a text; every text has some."""
        tokens = np.array(self._library.encode(text).ids, np.uint32)
        return tokens.astype(np.uint16) if self.vocab_size <= 1 << 16 else tokens

    def decode(self, tokens: npt.ArrayLike) -> str:
        """The text of some tokens; part of a character is a replacement character."""
        return self._library.decode(np.asarray(tokens).tolist(), skip_special_tokens=False)

    def files(self) -> dict[str, bytes]:
        """The files that `transformers` and `load_tokenizer` read."""
        return {"tokenizer.json": self.content, "tokenizer_config.json": _json(_CONFIG)}


Tokenizer = CharTokenizer | BpeTokenizer

_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "clean_up_tokenization_spaces": False,
}


def load_tokenizer(content: bytes) -> Tokenizer:
    """Read a `tokenizer.json` that a tokenizer's `files` wrote.

    Raises:
        ValueError: it is something else.
    """
    model = json.loads(content).get("model", {})
    if model.get("type") == "BPE":
        return BpeTokenizer(content)
    if model.get("type") != "WordLevel":
        raise ValueError(
            f"a tokenizer of type {model.get('type')!r}; characters and byte pairs are read"
        )
    vocab: dict[str, int] = model["vocab"]
    return CharTokenizer("".join(sorted(vocab, key=vocab.__getitem__)))


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
