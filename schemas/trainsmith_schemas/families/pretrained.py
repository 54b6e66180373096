"""Merging a model file that has `model_path` with the `config.json` of that folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trainsmith_schemas.families.llama.fields import RopeScaling
from trainsmith_schemas.families.registry import reads, require_hugging_face
from trainsmith_schemas.families.windows import kinds
from trainsmith_schemas.sections.model import TransformerConfig

_FREE = ("model_path", "runner_type", "experimental")
"""Keys that do not depend on the weights and are not in a `config.json`."""
_FREE_WHERE_WRITTEN = ("dropout_prob", "max_sequence_length")
"""Keys that override the folder if they are written, in addition to `settled_by_weights`.

The length may only be shorter.
"""


@dataclass(frozen=True)
class Contradiction:
    """A key of the model file that contradicts the folder."""

    key: str
    message: str
    """One sentence: both values, and how to fix it."""


@dataclass(frozen=True)
class Merged:
    """The model that a run trains, and the contradictions in its description."""

    config: TransformerConfig
    contradictions: tuple[Contradiction, ...]


def merge(written: TransformerConfig, found: TransformerConfig) -> Merged:
    """Merge a model file with the folder that its `model_path` names.

    Args:
        written: the section in the model file.
        found: the shape in the folder's `config.json`.
    """
    keys = written.model_fields_set
    kept = (*_FREE, *(key for key in _free_where_written(found) if key in keys))
    config = found.model_copy(update={key: getattr(written, key) for key in kept})
    return Merged(config, tuple(_contradictions(written, found)))


def _free_where_written(found: TransformerConfig) -> tuple[str, ...]:
    return (*_FREE_WHERE_WRITTEN, *require_hugging_face(found).settled_by_weights)


def _contradictions(
    written: TransformerConfig, found: TransformerConfig
) -> Iterator[Contradiction]:
    theirs, free = require_hugging_face(found).keys, (*_FREE, *_free_where_written(found))
    for key in type(written).model_fields:
        if key in written.model_fields_set and reads(found.model_type, key):
            here, there = (_comparable(one, key, found) for one in (written, found))
            if not _agree(key, here, there, free):
                yield _contradiction(key, here, there, theirs.get(key))


def _agree(key: str, here: Any, there: Any, free: tuple[str, ...]) -> bool:
    if key == "max_sequence_length":
        return here <= there
    # No value, and a vocabulary of 0, stand for the folder's value.
    left_open = here is None or (key == "vocab_size" and here == 0)
    return key in free or left_open or here == there


def _comparable(config: TransformerConfig, key: str, found: TransformerConfig) -> Any:
    """A value in readable form, which is the same for values with the same effect."""
    value = getattr(config, key)
    if key == "rope_scaling":
        return _scaling_text(value)
    if key == "layer_types":
        return value and kinds(found.model_copy(update={key: value}))
    return value


def _scaling_text(scaling: RopeScaling | None) -> str:
    if scaling is None or not scaling.scaling_factor:
        return "off"
    scaled = f"{scaling.rope_type}, {scaling.scaling_factor:g} times"
    beyond = f"{scaled} beyond {scaling.original_context_length}"
    match scaling.rope_type:
        case "linear":
            return scaled
        case "dynamic":
            return beyond
        case "llama3":
            low, high = scaling.low_freq_factor, scaling.high_freq_factor
            return f"{beyond}, with factors {low:g} and {high:g}"
        case "yarn":
            fast, slow, factor = scaling.beta_fast, scaling.beta_slow, scaling.attention_factor
            own = "" if factor is None else f" and attention factor {factor:g}"
            return f"{beyond}, with betas {fast:g} and {slow:g}{own}"


def _contradiction(key: str, here: Any, there: Any, theirs: str | None) -> Contradiction:
    most = "at most " if key == "max_sequence_length" else ""
    source = f"`{theirs}` in its config.json" if theirs else "its config.json"
    return Contradiction(
        key,
        f"`{key}` is {here}, and the model in `model_path` has {most}{there} ({source}): "
        "remove it here, or name another folder",
    )
