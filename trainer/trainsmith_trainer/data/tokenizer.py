"""Text ↔ tokens. A tokenizer is stored as the `tokenizer.json` that `transformers` reads."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.errors import RunError

if TYPE_CHECKING:
    import tokenizers  # Characters need no library, so it is imported where it is used.

_MOST_CHARACTERS = 0x110000
_LARGEST_NUMBER = 1 << 24
"""In a `tokenizer.json`. The library allocates memory for as many tokens as a number says."""
_MOST_DIGITS = 20
_LONGEST_REASON = 300
"""In characters; the library may repeat part of the file."""

TokenArray = npt.NDArray[np.uint16 | np.uint32]
TokenType = type[np.uint16] | type[np.uint32]


END = "<|endoftext|>"
"""The token after each document, with the name that it has in GPT-2."""

_ENDS = (END, "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>")
"""Its names in published tokenizers."""


class UnknownCharacterError(ValueError):
    """A text contains characters without a token."""


class BrokenTokenizerError(RunError):
    """A tokenizer was read, but fails when it is used."""


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
    def end(self) -> int | None:
        """The token after each document, if there is one."""
        return len(self.characters) if self.has_end else None

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
            shown = ", ".join(repr(character) for character in strange[:10])
            raise UnknownCharacterError(
                f"the model's {len(self.characters)} characters do not include {shown}"
            )
        return tokens.astype(token_type(self.vocab_size))

    def encode_all(self, texts: Sequence[str]) -> list[TokenArray]:
        """The tokens of each text; the errors are those of `encode`."""
        return [self.encode(text) for text in texts]

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
        return _files(_json(tokenizer), END if self.has_end else None)


BYTES = 256
"""The smallest vocabulary of byte pairs: every byte has a token, so every text can be read."""


@dataclass(frozen=True)
class LibraryTokenizer:
    """A `tokenizer.json`, as the library `tokenizers` reads it."""

    content: bytes
    """The `tokenizer.json`."""

    @staticmethod
    def of(texts: Iterable[str], vocab_size: int, *, has_end: bool = False) -> LibraryTokenizer:
        """Learn byte pairs, merged by frequency as GPT-2 does (Radford et al., 2019).

        Equal texts and sizes yield equal tokenizers.

        Args:
            texts: what to learn from.
            vocab_size: the most tokens, at least `BYTES`; a short text yields fewer.
            has_end: whether one of them is for the end of a document.
        """
        import tokenizers

        library = tokenizers.Tokenizer(tokenizers.models.BPE())
        library.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = tokenizers.decoders.ByteLevel()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=vocab_size - has_end,
            initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        library.train_from_iterator(texts, trainer)
        learned = LibraryTokenizer(_written(library))
        return learned.with_end() if has_end else learned

    @staticmethod
    def of_numbers(vocab_size: int) -> LibraryTokenizer:
        """A tokenizer for tokens without known texts: each is decoded as its number."""
        import tokenizers

        library = tokenizers.Tokenizer(
            tokenizers.models.WordLevel({str(n): n for n in range(vocab_size)}, unk_token="")
        )
        library.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
        space = tokenizers.decoders.Replace(tokenizers.Regex("$"), " ")
        library.decoder = tokenizers.decoders.Sequence([space, tokenizers.decoders.Fuse()])
        return LibraryTokenizer(_written(library))

    @cached_property
    def _library(self) -> tokenizers.Tokenizer:
        import tokenizers

        library = tokenizers.Tokenizer.from_buffer(self.content)
        # As in `transformers`, these belong to a call and not to the tokenizer.
        library.no_padding()
        library.no_truncation()
        return library

    @cached_property
    def vocab_size(self) -> int:
        """One more than the largest token; some numbers below it may be unused."""
        return 1 + max(self._library.get_vocab().values(), default=-1)

    @cached_property
    def end(self) -> int | None:
        """The token after each document, if there is one."""
        found = (self._library.token_to_id(name) for name in _ENDS)
        return next((token for token in found if token is not None), None)

    def with_end(self) -> LibraryTokenizer:
        """The same tokenizer with an end token; no other token changes."""
        import tokenizers

        if self.end is not None:
            return self
        with _no_panic():
            library = tokenizers.Tokenizer.from_buffer(self.content)
            library.add_special_tokens([END])
        return LibraryTokenizer(_written(library))

    def encode(self, text: str) -> TokenArray:
        """The tokens of a text.

        Raises:
            UnknownCharacterError: part of it has no token; byte pairs have one for everything.
        """
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[TokenArray]:
        """The tokens of each text; the errors are those of `encode`."""
        kind = token_type(self.vocab_size)
        try:
            with _no_panic():
                found = self._library.encode_batch_fast(list(texts), add_special_tokens=False)
        except BrokenTokenizerError:
            raise
        except Exception as error:  # The library raises nothing narrower.
            raise UnknownCharacterError(str(error)) from None
        return [np.array(one.ids, kind) for one in found]

    def decode(self, tokens: npt.ArrayLike) -> str:
        """The text of some tokens; part of a character becomes a replacement character."""
        with _no_panic():
            return self._library.decode(np.asarray(tokens).tolist(), skip_special_tokens=False)

    def files(self) -> dict[str, bytes]:
        """The files that `transformers` and `load_tokenizer` read."""
        end = self.end
        return _files(self.content, None if end is None else self._library.id_to_token(end))


Tokenizer = CharTokenizer | LibraryTokenizer

_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "clean_up_tokenization_spaces": False,
}


def load_tokenizer(content: bytes) -> Tokenizer:
    """Read a `tokenizer.json` of any origin.

    Raises:
        ValueError: it is not a tokenizer.
    """
    try:
        described = json.loads(content, parse_int=_bounded)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(described, dict):
        raise ValueError("it is not a JSON object")
    own = _of_characters(cast("dict[str, Any]", described))
    if own is not None:
        return own
    import tokenizers

    try:
        with _no_panic():
            tokenizers.Tokenizer.from_buffer(content)
    except Exception as error:  # The library raises nothing narrower.
        raise ValueError(str(error)[:_LONGEST_REASON]) from None
    return LibraryTokenizer(content)


@contextmanager
def _no_panic() -> Generator[None, None, None]:
    """Turn a panic of the library into an error: it is no `Exception`, and would end the run.

    Raises:
        BrokenTokenizerError: the library panicked, because the tokenizer contradicts itself.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Python code cannot import its class.
            raise
        raise BrokenTokenizerError(
            f"the tokenizer contradicts itself: {error}",
            advice="use the `tokenizer.json` as it was published, or learn one from the data",
        ) from None


def _bounded(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or abs(int(digits)) > _LARGEST_NUMBER:
        raise ValueError(f"it has the number {digits[:20]}, expected at most {_LARGEST_NUMBER:,}")
    return int(digits)


def token_type(vocab_size: int) -> TokenType:
    """The smallest type that can represent every token of a vocabulary."""
    return np.uint16 if vocab_size <= 1 << 16 else np.uint32


def _of_characters(described: dict[str, Any]) -> CharTokenizer | None:
    """The `CharTokenizer` that wrote it, if one did: it needs no library, and is faster."""
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


def _files(content: bytes, end: str | None) -> dict[str, bytes]:
    config = _CONFIG if end is None else {**_CONFIG, "eos_token": end}
    return {"tokenizer.json": content, "tokenizer_config.json": _json(config)}


def _written(library: tokenizers.Tokenizer) -> bytes:
    return library.to_str(pretty=True).encode() + b"\n"


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
