"""A tokenizer with one token for each character of the training text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.data.segments import Span
from trainsmith_trainer.data.special_tokens import tokenizer_files
from trainsmith_trainer.data.tokens import (
    END,
    Counted,
    Flags,
    TokenArray,
    UnknownCharacterError,
    divided,
    token_type,
)

_MOST_CHARACTERS = 0x110000
_MOST_SHOWN = 10


@dataclass(frozen=True)
class CharTokenizer:
    """One token for each character of the training text."""

    characters: str
    """In the order of their tokens."""
    has_end: bool = False
    """Whether there is one more token, for the end of a document."""

    @staticmethod
    def of(texts: Iterable[str], *, has_end: bool = False) -> CharTokenizer:
        """The tokenizer of some texts: their characters, sorted, so that the order is fixed."""
        seen = np.zeros(_MOST_CHARACTERS, np.bool_)
        for text in texts:
            seen[_codes(text)] = True
        return CharTokenizer("".join(map(chr, np.flatnonzero(seen).tolist())), has_end)

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return len(self.characters) + self.has_end

    @property
    def begin(self) -> tuple[int, ...]:
        """The tokens before each document: none."""
        return ()

    @property
    def end(self) -> int | None:
        """The token after each document, if there is one."""
        return len(self.characters) if self.has_end else None

    @property
    def stops(self) -> frozenset[int]:
        """The tokens that end generation."""
        return frozenset() if self.end is None else frozenset({self.end})

    @property
    def special_names(self) -> tuple[str, ...]:
        """The names of the special tokens."""
        return (END,) if self.has_end else ()

    @property
    def stop_names(self) -> tuple[str, ...]:
        """The names of the tokens that end generation."""
        return self.special_names

    def with_end(self) -> CharTokenizer:
        """The same tokenizer with an end token; no other token changes."""
        return replace(self, has_end=True)

    @cached_property
    def _table(self) -> npt.NDArray[np.uint32]:
        codes, size = _codes(self.characters), len(self.characters)
        table = np.full(int(codes.max(initial=0)) + 1, size, np.uint32)
        table[codes] = np.arange(size, dtype=np.uint32)
        return table

    def encode(self, text: str) -> TokenArray:
        """The tokens of a text.

        Raises:
            UnknownCharacterError: a character has no token.
        """
        codes = _codes(text)
        known = codes < len(self._table)
        tokens = self._table[np.where(known, codes, 0)]
        unknown = ~known | (tokens == len(self.characters))
        if unknown.any():
            strange = sorted({text[index] for index in np.flatnonzero(unknown)[:10_000]})
            shown = ", ".join(repr(character) for character in strange[:_MOST_SHOWN])
            raise UnknownCharacterError(
                f"the model's {len(self.characters)} characters do not include {shown}"
            )
        return tokens.astype(token_type(self.vocab_size))

    def encode_prompt(self, text: str) -> list[int]:
        """The tokens of a text that the model continues; the errors are those of `encode`."""
        return self.encode(text).tolist()

    def encode_all(self, texts: Sequence[str]) -> list[TokenArray]:
        """The tokens of each text; the errors are those of `encode`."""
        return [self.encode(text) for text in texts]

    def encode_counted(
        self, texts: Sequence[str], counted: Sequence[Sequence[Span]]
    ) -> list[Counted]:
        """The tokens of each text, and which of them the loss counts.

        Args:
            texts: whole texts.
            counted: for each of them, the characters that the loss counts.
        """
        return [
            (self.encode(text), _flags(len(text), spans))
            for text, spans in zip(texts, counted, strict=True)
        ]

    def encode_conversation(
        self, text: str, counted: Sequence[Span], quoted: Sequence[Span]
    ) -> Counted:
        """The tokens of a conversation, and which of them the loss counts.

        Args:
            text: of the conversation; names of special tokens in it are such tokens.
            counted: the characters that the loss counts.
            quoted: where names of special tokens are text.
        """
        tokens: list[TokenArray] = []
        flags: list[Flags] = []
        characters = _flags(len(text), counted)
        for begin, end, is_special in divided(text, self.special_names, quoted):
            if is_special:
                tokens.append(np.array([self.end], token_type(self.vocab_size)))
                flags.append(characters[begin : begin + 1])
            else:
                tokens.append(self.encode(text[begin:end]))
                flags.append(characters[begin:end])
        return np.concatenate(tokens), np.concatenate(flags)

    def decode(self, tokens: npt.ArrayLike) -> str:
        """The text of some tokens; an unknown token becomes a replacement character."""
        names = [*self.characters, *([END] if self.has_end else [])]
        return "".join(
            names[token] if token < len(names) else "\N{REPLACEMENT CHARACTER}"
            for token in np.asarray(tokens).tolist()
        )

    def files(self) -> dict[str, bytes]:
        """The files that `transformers` and `load_tokenizer` read."""
        tokenizer = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [_end_entry(len(self.characters))] if self.has_end else [],
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
        content = json.dumps(tokenizer, ensure_ascii=False, indent=2).encode() + b"\n"
        return tokenizer_files(content, END if self.has_end else None)


def characters_of(described: dict[str, Any]) -> CharTokenizer | None:
    """The `CharTokenizer` that wrote a `tokenizer.json`, if one did.

    It needs no library, and is faster.
    """
    try:
        words, has_end = list(described["model"]["vocab"]), bool(described["added_tokens"])
        # A large vocabulary is another tokenizer's, and serializing it would take long.
        if not all(isinstance(word, str) and len(word) == 1 for word in words):
            return None
    except (KeyError, TypeError):
        return None
    own = CharTokenizer("".join(words), has_end)
    return own if json.loads(own.files()["tokenizer.json"]) == described else None


def _end_entry(token: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": token, "content": END, **flags, "special": True}


def _flags(size: int, counted: Sequence[Span]) -> Flags:
    flags = np.zeros(size, np.bool_)
    for begin, end in counted:
        flags[begin:end] = True
    return flags


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
