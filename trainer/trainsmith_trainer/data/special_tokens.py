"""What the files beside a `tokenizer.json` say about its special tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class SpecialTokens:
    """The end of a text, for a model that others have trained."""

    end: str | None = None
    """The name of the token after a text, from `tokenizer_config.json`."""
    stops: tuple[int, ...] = ()
    """The tokens that end generation, from `generation_config.json` or `config.json`."""


UNKNOWN = SpecialTokens()
"""No file says anything."""

_SETTINGS = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "clean_up_tokenization_spaces": False,
}


def tokenizer_files(content: bytes, end: str | None) -> dict[str, bytes]:
    """The files of a tokenizer that `transformers` reads.

    Args:
        content: of `tokenizer.json`.
        end: the name of the token after a text, if there is one.
    """
    settings = _SETTINGS if end is None else {**_SETTINGS, "eos_token": end}
    described = json.dumps(settings, ensure_ascii=False, indent=2).encode() + b"\n"
    return {"tokenizer.json": content, "tokenizer_config.json": described}
