"""Tokens as they come → text as it grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trainsmith_trainer.data.tokenizer import Tokenizer

_MOST_TOKENS = 4
"""A character has at most so many bytes, which may be tokens of their own."""


def detokenize(tokenizer: Tokenizer, prompt: Sequence[int], tokens: Iterable[int]) -> Iterator[str]:
    """What each token adds to the text, as soon as its last character is whole.

    A token alone says less than among others: many tokenizers put the space between two words into
    the second, and leave it out at the beginning of a text. So each is read behind those before it.

    Args:
        tokenizer: that of all tokens.
        prompt: what is continued; its text is not given again.
        tokens: as they are written.
    """
    window = list(prompt)
    told = len(window)
    for token in tokens:
        window.append(token)
        before, text = tokenizer.decode(window[:told]), tokenizer.decode(window)
        is_whole = not text.endswith("\N{REPLACEMENT CHARACTER}")
        if is_whole or len(window) - told == _MOST_TOKENS:
            yield text[len(before) :]
            window = window[told:]
            told = len(window)
    if told < len(window):
        yield tokenizer.decode(window)[len(tokenizer.decode(window[:told])) :]
