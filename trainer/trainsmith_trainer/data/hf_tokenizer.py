"""A tokenizer of any other kind, which the library `tokenizers` runs."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.data.segments import Span
from trainsmith_trainer.data.special_tokens import UNKNOWN, SpecialTokens, tokenizer_files
from trainsmith_trainer.data.tokens import (
    END,
    BrokenTokenizerError,
    Counted,
    TokenArray,
    UnknownCharacterError,
    divided,
    flags_of,
    token_type,
)

if TYPE_CHECKING:
    import tokenizers  # Characters need no library, so it is imported where it is used.

_USUAL_ENDS = (END, "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>")
"""Names in published tokenizers, for a `tokenizer.json` without the files beside it."""

_LONGEST_REASON = 300
"""In characters; the library may repeat part of the file."""

BYTES = 256
"""The smallest vocabulary of byte pairs: every byte has a token, so every text can be read."""


@dataclass(frozen=True)
class HfTokenizer:
    """A `tokenizer.json`, as the library `tokenizers` reads it."""

    content: bytes
    """The `tokenizer.json`."""
    special: SpecialTokens = UNKNOWN

    @staticmethod
    def of(texts: Iterable[str], vocab_size: int, *, has_end: bool = False) -> HfTokenizer:
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
        learned = HfTokenizer(_written(library))
        return learned.with_end() if has_end else learned

    @staticmethod
    def of_numbers(vocab_size: int) -> HfTokenizer:
        """A tokenizer for tokens without known texts: each is decoded as its number."""
        import tokenizers

        library = tokenizers.Tokenizer(
            tokenizers.models.WordLevel({str(n): n for n in range(vocab_size)}, unk_token="")
        )
        library.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
        space = tokenizers.decoders.Replace(tokenizers.Regex("$"), " ")
        library.decoder = tokenizers.decoders.Sequence([space, tokenizers.decoders.Fuse()])
        return HfTokenizer(_written(library))

    @cached_property
    def _library(self) -> tokenizers.Tokenizer:
        """For texts: it adds no special tokens, and finds none in them."""
        library = self._without_post_processor()
        library.encode_special_tokens = True
        return library

    @cached_property
    def _conversation_library(self) -> tokenizers.Tokenizer:
        """For conversations: it finds special tokens in a text, and adds none."""
        return self._without_post_processor()

    def _without_post_processor(self) -> tokenizers.Tokenizer:
        """The library without what adds special tokens and moves offsets."""
        import tokenizers

        described = {**json.loads(self.content), "post_processor": None}
        library = tokenizers.Tokenizer.from_str(json.dumps(described))
        # As in `transformers`, these belong to a call and not to the tokenizer.
        library.no_padding()
        library.no_truncation()
        return library

    @cached_property
    def _whole_library(self) -> tokenizers.Tokenizer:
        """As `transformers` uses it: it finds special tokens in a text, and adds some."""
        import tokenizers

        library = tokenizers.Tokenizer.from_buffer(self.content)
        library.no_padding()
        library.no_truncation()
        return library

    @cached_property
    def vocab_size(self) -> int:
        """One more than the largest token; some numbers below it may be unused."""
        return 1 + max(self._library.get_vocab().values(), default=-1)

    @cached_property
    def begin(self) -> tuple[int, ...]:
        """The tokens before each document: those that `transformers` writes before a text.

        It follows the post-processor in `tokenizer.json`, and not `add_bos_token` beside it.
        """
        try:
            with _errors():
                plain = self._whole_library.encode("a", add_special_tokens=False).ids
                whole = self._whole_library.encode("a").ids
        except UnknownCharacterError:
            return ()  # Its tokens are not letters.
        for at in range(len(whole) - len(plain) + 1):
            if whole[at : at + len(plain)] == plain:
                return tuple(whole[:at])
        return ()

    def check_special_tokens(self) -> None:
        """Check that the tokens before and after a document exist.

        Raises:
            ValueError: one of them does not.
        """
        ends = () if self.end is None else (self.end,)
        for token in (*self.begin, *ends):
            if token >= self.vocab_size:
                raise ValueError(
                    f"the token {token} begins or ends a text, and there are {self.vocab_size}"
                )

    @cached_property
    def end(self) -> int | None:
        """The token after each document, if there is one."""
        if self.special.end is not None:
            named = self._library.token_to_id(self.special.end)
            if named is not None:
                return named
        if self.special.stops:
            return self.special.stops[0]
        found = (self._library.token_to_id(name) for name in _USUAL_ENDS)
        return next((token for token in found if token is not None), None)

    @cached_property
    def stops(self) -> frozenset[int]:
        """The tokens that end generation."""
        ends = () if self.end is None else (self.end,)
        return frozenset((*ends, *self.special.stops))

    @cached_property
    def special_names(self) -> tuple[str, ...]:
        """The names of the special tokens."""
        return tuple(filter(None, self._special_ids))

    @cached_property
    def _special_ids(self) -> dict[str, int]:
        decoder = self._library.get_added_tokens_decoder()
        return {token.content: number for number, token in decoder.items() if token.special}

    @property
    def stop_names(self) -> tuple[str, ...]:
        """The names of the tokens that end generation."""
        names = (self._library.id_to_token(token) for token in sorted(self.stops))
        return tuple(name for name in names if name)

    def with_end(self) -> HfTokenizer:
        """The same tokenizer with an end token; no other token changes."""
        import tokenizers

        if self.end is not None:
            return self
        with _no_panic():
            library = tokenizers.Tokenizer.from_buffer(self.content)
            library.add_special_tokens([END])
        return HfTokenizer(_written(library), self.special)

    def encode(self, text: str) -> TokenArray:
        """The tokens of a text; what looks like a special token in it is text.

        Raises:
            UnknownCharacterError: part of it has no token; byte pairs have one for everything.
        """
        return self.encode_all([text])[0]

    def encode_prompt(self, text: str) -> list[int]:
        """The tokens of a text that the model continues; special tokens in it are such tokens.

        The errors are those of `encode`.
        """
        with _errors():
            return self._whole_library.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts: Sequence[str]) -> list[TokenArray]:
        """The tokens of each text; the errors are those of `encode`."""
        kind = token_type(self.vocab_size)
        with _errors():
            found = self._library.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array(one.ids, kind) for one in found]

    def encode_counted(
        self, texts: Sequence[str], counted: Sequence[Sequence[Span]]
    ) -> list[Counted]:
        """The tokens of each text, and which of them the loss counts.

        A text is encoded as a whole, because the tokens of two halves may differ from those of the
        whole. A token that has a counted character is counted.

        Args:
            texts: whole texts.
            counted: for each of them, the characters that the loss counts.
        """
        kind = token_type(self.vocab_size)
        with _errors():
            found = self._library.encode_batch(list(texts), add_special_tokens=False)
        return [
            (np.array(one.ids, kind), flags_of(one.offsets, spans))
            for one, spans in zip(found, counted, strict=True)
        ]

    def encode_conversation(
        self, text: str, counted: Sequence[Span], quoted: Sequence[Span]
    ) -> Counted:
        """The tokens of a conversation, and which of them the loss counts.

        Args:
            text: of the conversation; names of special tokens in it are such tokens.
            counted: the characters that the loss counts.
            quoted: where names of special tokens are text.

        Raises:
            UnknownCharacterError: part of it has no token.
        """
        with _errors():
            whole = self._conversation_library.encode(text, add_special_tokens=False)
            tokens, offsets = whole.ids, whole.offsets
            if quoted:
                if self._joined(text, ())[0] != tokens:
                    raise UnknownCharacterError(
                        "the tokenizer joins special tokens with the text around them, so their "
                        "names in a message cannot be kept as text"
                    )
                tokens, offsets = self._joined(text, quoted)
        kind = token_type(self.vocab_size)
        return np.array(tokens, kind), flags_of(offsets, counted)

    def _joined(self, text: str, quoted: Sequence[Span]) -> tuple[list[int], list[tuple[int, int]]]:
        """Tokens and their offsets, from the parts of a text between its special tokens."""
        tokens: list[int] = []
        offsets: list[tuple[int, int]] = []
        for begin, end, is_special in divided(text, self.special_names, quoted):
            part = text[begin:end]
            if is_special:
                tokens.append(self._special_ids[part])
                offsets.append((begin, end))
            else:
                found = self._library.encode(part, add_special_tokens=False)
                tokens.extend(found.ids)
                offsets.extend((begin + first, begin + last) for first, last in found.offsets)
        return tokens, offsets

    def decode(self, tokens: npt.ArrayLike) -> str:
        """The text of some tokens; part of a character becomes a replacement character."""
        with _no_panic():
            return self._library.decode(np.asarray(tokens).tolist(), skip_special_tokens=False)

    def files(self) -> dict[str, bytes]:
        """The files that `transformers` and `load_tokenizer` read."""
        end = self.end
        return tokenizer_files(
            self.content, None if end is None else self._library.id_to_token(end)
        )


def check_library(content: bytes) -> None:
    """Check that the library reads a `tokenizer.json`.

    Raises:
        ValueError: it does not.
    """
    import tokenizers

    try:
        with _no_panic():
            tokenizers.Tokenizer.from_buffer(content)
    except Exception as error:  # The library raises nothing narrower.
        raise ValueError(str(error)[:_LONGEST_REASON]) from None


@contextmanager
def _errors() -> Generator[None, None, None]:
    try:
        with _no_panic():
            yield
    except (BrokenTokenizerError, UnknownCharacterError):
        raise
    except Exception as error:  # The library raises nothing narrower.
        raise UnknownCharacterError(str(error)) from None


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


def _written(library: tokenizers.Tokenizer) -> bytes:
    return library.to_str(pretty=True).encode() + b"\n"
