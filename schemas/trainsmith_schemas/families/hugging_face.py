"""The shape of a model: our `transformer_config` ↔ Hugging Face's `config.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from trainsmith_schemas.families.description import CONFIG_FILE, UnreadableModelError, require
from trainsmith_schemas.families.family import HuggingFace
from trainsmith_schemas.families.registry import all_families, require_hugging_face
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.validation.validate import validate

_SPECIAL_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")
_NO_TOKENS: Mapping[str, Any] = MappingProxyType({})


def to_hugging_face(
    config: TransformerConfig, special_tokens: Mapping[str, Any] = _NO_TOKENS
) -> dict[str, Any]:
    """The `config.json` of a model.

    Args:
        config: the model's shape, with its vocabulary's size.
        special_tokens: what `special_tokens_of` found, if the model began as another one.

    Raises:
        UnfinishedFamilyError: `transformers` has no such family, or it is not known how.
    """
    return {
        **require_hugging_face(config).write(config),
        "model_type": config.model_type,
        "vocab_size": config.vocab_size,
        "tie_word_embeddings": config.weight_tying == "enabled",
        "dtype": "float32",
        "bos_token_id": None,
        "eos_token_id": None,
        **special_tokens,
    }


def parse_description(content: bytes) -> dict[str, Any]:
    """A `config.json` as plain data.

    Raises:
        UnreadableModelError: it is not a JSON object.
    """
    try:
        described = json.loads(content)
    except ValueError as error:
        raise UnreadableModelError(f"{CONFIG_FILE} is not JSON: {error}") from None
    if not isinstance(described, dict):
        raise UnreadableModelError(f"{CONFIG_FILE} holds no JSON object")
    return cast("dict[str, Any]", described)


def from_hugging_face(described: Mapping[str, Any]) -> TransformerConfig:
    """The shape that a `config.json` describes.

    Raises:
        UnreadableModelError: it is of another family, or a kind of layer that ours lack. The text
            names the key.
    """
    readable = {one.name: one.hugging_face for one in all_families() if one.hugging_face}
    name = described.get("model_type")
    if name not in readable:
        *others, last = readable
        raise UnreadableModelError(
            f"`model_type` is {name!r} in {CONFIG_FILE}; "
            f"only {', '.join(others)} and {last} are read"
        )
    family = readable[name]
    require(described, "quantization_config", None, absent=None)
    tied = described.get("tie_word_embeddings", family.tied_if_absent)
    section = {
        **_plain_values(described, family),
        **family.read(described),
        "model_type": name,
        "weight_tying": "enabled" if tied else "disabled",
    }
    result = validate(ModelDocument, {"transformer_config": section})
    if result.config is None:
        said = "; ".join(problem.message for problem in result.problems)
        for ours, theirs in family.keys.items():
            said = said.replace(f"`{ours}`", f"`{theirs}`")
        raise UnreadableModelError(f"in {CONFIG_FILE}, {said}")
    return result.config.transformer_config


def special_tokens_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of tokens that begin, end or fill a text, as a `config.json` has them."""
    return {key: described[key] for key in _SPECIAL_TOKENS if key in described}


def _plain_values(described: Mapping[str, Any], family: HuggingFace) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for ours, theirs in family.plain.items():
        if theirs not in described and ours not in family.absent:
            raise UnreadableModelError(f"{CONFIG_FILE} lacks `{theirs}`")
        values[ours] = described.get(theirs, family.absent.get(ours))
    return values
