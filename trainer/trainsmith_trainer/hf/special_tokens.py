"""The special tokens of a model's folder: read, and written so that `transformers` agrees with us.

`transformers` writes the end of a text by the name in `tokenizer_config.json`, and ends generation
at the numbers in `generation_config.json`, or without it, at those in `config.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from trainsmith_schemas.families.description import CONFIG_FILE, UnreadableModelError
from trainsmith_schemas.json_text import parse_json
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.data.special_tokens import SpecialTokens
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.data.tokens import LARGEST_VOCABULARY

GENERATION_FILE = "generation_config.json"
SETTINGS_FILE = "tokenizer_config.json"
_END_ID = "eos_token_id"


def read_special_tokens(folder: Path) -> SpecialTokens:
    """What the files of a folder say about special tokens; files that are missing say nothing.

    Raises:
        UnreadableModelError: a file cannot be read, or is not JSON.
    """
    settings = read_settings(folder)
    generation, model = _described(folder / GENERATION_FILE), _described(folder / CONFIG_FILE)
    return SpecialTokens(
        end=token_name(settings.get("eos_token")),
        stops=_numbers(generation.get(_END_ID)) or _numbers(model.get(_END_ID)),
    )


def read_settings(folder: Path) -> dict[str, Any]:
    """The content of a folder's `tokenizer_config.json`; empty if there is none.

    Raises:
        UnreadableModelError: it cannot be read, or is not JSON.
    """
    return _described(folder / SETTINGS_FILE)


def special_token_ids(tokenizer: Tokenizer, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of special tokens that a `config.json` and a `generation_config.json` have.

    Args:
        tokenizer: of the model.
        kept: the numbers that the pretrained model had, if it keeps its tokenizer.
    """
    ids = {**kept}
    stops = _numbers(kept.get(_END_ID))
    if tokenizer.end is not None and tokenizer.end not in stops:
        stops = (tokenizer.end, *stops)
    if stops:
        ids[_END_ID] = stops[0] if len(stops) == 1 else list(stops)
    return ids


def generation_file(
    tokenizer: Tokenizer, kept: bytes | None, ids: Mapping[str, Any], length: int
) -> dict[str, Any]:
    """The content of a `generation_config.json`.

    Args:
        tokenizer: of the model.
        kept: the file of the pretrained model, if there is one.
        ids: the numbers of special tokens in `config.json`.
        length: the most tokens that the model reads at once.
    """
    if kept is None:
        return {"max_length": length, **ids}
    described = _parsed(kept, GENERATION_FILE)
    if _END_ID not in described:
        return {**described, **ids}
    return special_token_ids(tokenizer, described)


def _described(file: Path) -> dict[str, Any]:
    try:
        return _parsed(read_bytes(file, limits.MODEL_DESCRIPTION), str(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnreadableModelError(f"{file}: {error.strerror}") from None


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        described = parse_json(content, large_integers=True)
    except ValueError as error:
        raise UnreadableModelError(f"{name} cannot be read: {error}") from None
    return cast("dict[str, Any]", described) if isinstance(described, dict) else {}


def token_name(described: Any) -> str | None:
    """The name of a token, which may be described with its flags."""
    if isinstance(described, dict):
        described = cast("dict[str, Any]", described).get("content")
    return described if isinstance(described, str) and described.isprintable() else None


def _numbers(described: Any) -> tuple[int, ...]:
    several = cast("list[Any]", described) if isinstance(described, list) else [described]
    return tuple(one for one in several if type(one) is int and 0 <= one < LARGEST_VOCABULARY)
