"""Converting between our `transformer_config` and Hugging Face's `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, cast

from trainsmith_schemas.families.description import (
    CONFIG_FILE,
    UnreadableModelError,
    refuse,
    require,
    shown,
)
from trainsmith_schemas.families.family import HuggingFace
from trainsmith_schemas.families.registry import all_families, require_hugging_face
from trainsmith_schemas.json_text import parse_json
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import MOST_BLOCKS, TransformerConfig
from trainsmith_schemas.validation.validate import validate
from trainsmith_schemas.wording import listed

_SPECIAL_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")
_MOST_TOKENS = 2**31
_NO_TOKENS: Mapping[str, Any] = MappingProxyType({})


DType = Literal["float32", "bfloat16", "float16"]
"""The number formats of stored weights, by the names that PyTorch and `config.json` have."""


def dtype_of(described: Mapping[str, Any]) -> DType:
    """The number format that a `config.json` names; without one, as `transformers` has it."""
    name = described.get("dtype", described.get("torch_dtype"))
    return name if name in ("bfloat16", "float16") else "float32"


def to_hugging_face(
    config: TransformerConfig,
    special_tokens: Mapping[str, Any] = _NO_TOKENS,
    dtype: DType = "float32",
) -> dict[str, Any]:
    """The `config.json` of a model.

    Args:
        config: the model's shape, including the size of the vocabulary.
        special_tokens: what `special_tokens_of` returned for the pretrained model, if there is one.
        dtype: the number format of the stored weights.

    Raises:
        UnfinishedFamilyError: the family's form in `transformers` is not known.
    """
    return {
        **require_hugging_face(config).write(config),
        "model_type": config.model_type,
        "vocab_size": config.vocab_size,
        "tie_word_embeddings": config.weight_tying == "enabled",
        "dtype": dtype,
        "bos_token_id": None,
        "eos_token_id": None,
        "pad_token_id": None,
        **special_tokens,
    }


def parse_description(content: bytes) -> dict[str, Any]:
    """Parse a `config.json`.

    Raises:
        UnreadableModelError: it is not a JSON object.
    """
    try:
        described = parse_json(content)
    except ValueError as error:
        raise UnreadableModelError(f"{CONFIG_FILE} cannot be read: {error}") from None
    if not isinstance(described, dict):
        raise UnreadableModelError(f"{CONFIG_FILE} is not a JSON object")
    return cast("dict[str, Any]", described)


def from_hugging_face(described: Mapping[str, Any]) -> TransformerConfig:
    """The shape of the model that a `config.json` describes.

    Raises:
        UnreadableModelError: its family or one of its layers is not supported. The message names
            the key.
    """
    readable = {one.name: one.hugging_face for one in all_families() if one.hugging_face}
    name = described.get("model_type")
    if not isinstance(name, str) or name not in readable:
        known = any(name == one.name for one in all_families())
        unfinished = "Trainsmith knows only the keys of this family, and " if known else ""
        raise UnreadableModelError(
            f"`model_type` is {shown(name)} in {CONFIG_FILE}; "
            f"{unfinished}only {listed(readable)} are supported"
        )
    family = readable[name]
    require(described, "quantization_config", None, absent=None)
    tied = described.get("tie_word_embeddings", family.tied_if_absent)
    plain = _plain_values(described, family)
    # What a family reads may have an entry for each block.
    blocks = plain["num_blocks"]
    if type(blocks) is int and blocks > MOST_BLOCKS:
        refuse(family.plain["num_blocks"], blocks, f"a number up to {MOST_BLOCKS:,} is")
    section = {
        **plain,
        **family.read(described),
        "model_type": name,
        "weight_tying": "enabled" if tied else "disabled",
    }
    result = validate(ModelDocument, {"transformer_config": section})
    if result.config is None:
        problems = "; ".join(problem.message for problem in result.problems)
        for ours, theirs in family.keys.items():
            problems = problems.replace(f"`{ours}`", f"`{theirs}`")
        raise UnreadableModelError(f"in {CONFIG_FILE}, {problems}")
    return result.config.transformer_config


def special_tokens_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """The token ids in a `config.json` for the beginning, end and padding of a text.

    Raises:
        UnreadableModelError: one is neither a token's number nor a list of these.
    """
    found = {key: described[key] for key in _SPECIAL_TOKENS if key in described}
    for key, value in found.items():
        several = cast("list[Any]", value if isinstance(value, list) else [value])
        if value is not None and not all(map(_is_token, several)):
            refuse(key, value, "a token's number, or a list of these, is")
    return found


def _is_token(value: object) -> bool:
    return type(value) is int and -1 <= value < _MOST_TOKENS


def _plain_values(described: Mapping[str, Any], family: HuggingFace) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for ours, theirs in family.plain.items():
        if theirs not in described and ours not in family.absent:
            raise UnreadableModelError(f"{CONFIG_FILE} lacks `{theirs}`")
        values[ours] = described.get(theirs, family.absent.get(ours))
    return values
