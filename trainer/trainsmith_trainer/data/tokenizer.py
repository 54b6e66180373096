"""Text ↔ tokens. A tokenizer is stored as the `tokenizer.json` that `transformers` reads."""

from __future__ import annotations

import json
from typing import Any, cast

from trainsmith_trainer.data.characters import CharTokenizer, characters_of
from trainsmith_trainer.data.hf_tokenizer import HfTokenizer, check_library
from trainsmith_trainer.data.special_tokens import UNKNOWN, SpecialTokens
from trainsmith_trainer.data.tokens import LARGEST_VOCABULARY, BrokenTokenizerError

_MOST_DIGITS = 20
_LONGEST_RULES = 10_000
"""Of the rules that add tokens to each text; the length of what they add is quadratic in it."""

Tokenizer = CharTokenizer | HfTokenizer


def load_tokenizer(content: bytes, special: SpecialTokens = UNKNOWN) -> Tokenizer:
    """Read a `tokenizer.json` of any origin.

    Args:
        content: of the file.
        special: what the files beside it say.

    Raises:
        ValueError: it is not a tokenizer, or has no tokens with the numbers of special ones.
    """
    try:
        described = json.loads(content, parse_int=_bounded)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(described, dict):
        raise ValueError("it is not a JSON object")
    described = cast("dict[str, Any]", described)
    own = characters_of(described)
    if own is not None:
        return own
    rules = len(json.dumps(described.get("post_processor")))
    if rules > _LONGEST_RULES:
        raise ValueError(
            f"its `post_processor` has {rules:,} characters, expected at most {_LONGEST_RULES:,}"
        )
    check_library(content)
    tokenizer = HfTokenizer(content, special)
    try:
        tokenizer.check_special_tokens()
    except BrokenTokenizerError as error:
        raise ValueError(error.message) from None
    return tokenizer


def _bounded(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or abs(int(digits)) > LARGEST_VOCABULARY:
        raise ValueError(
            f"it has the number {digits[:20]}, expected at most {LARGEST_VOCABULARY:,}"
        )
    return int(digits)
