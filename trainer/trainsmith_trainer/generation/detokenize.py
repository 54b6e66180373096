"""A stream of tokens → a stream of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trainsmith_trainer.data.tokenizer import Tokenizer

_MOST_TOKENS = 4
"""A character has at most this many bytes, each of which may be a token."""


def detokenize(tokenizer: Tokenizer, prompt: Sequence[int], tokens: Iterable[int]) -> Iterator[str]:
    """The text that each token adds, as soon as its last character is complete.

    A token is decoded together with those before it: many tokenizers put the space between two
    words into the second word's token, and drop that space at the beginning of a text.

    Args:
        tokenizer: the tokenizer of all tokens.
        prompt: the tokens to continue; their text is not repeated.
        tokens: as they are generated.
    """
    window = list(prompt)
    decoded = len(window)
    for token in tokens:
        window.append(token)
        before, text = tokenizer.decode(window[:decoded]), tokenizer.decode(window)
        is_whole = not text.endswith("\N{REPLACEMENT CHARACTER}")
        if is_whole or len(window) - decoded == _MOST_TOKENS:
            yield text[len(before) :]
            window = window[decoded:]
            decoded = len(window)
    if decoded < len(window):
        yield tokenizer.decode(window)[len(tokenizer.decode(window[:decoded])) :]
