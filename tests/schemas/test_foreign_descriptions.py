"""A `config.json` of anybody: whatever a value is, the answer is a model or one error, at once."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.families.hugging_face import (
    from_hugging_face,
    parse_description,
    special_tokens_of,
    to_hugging_face,
)
from trainsmith_schemas.families.registry import all_families
from trainsmith_schemas.json_text import DEEPEST
from trainsmith_schemas.sections.model import MOST_BLOCKS, TransformerConfig

FAMILIES = [family.name for family in all_families() if family.hugging_face]
ROPE = ("linear", "dynamic", "yarn", "llama3", "longrope")
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    0.5,
    1e308,
    -1e308,
    10**8,
    2**62,
    10**30,
    10**400,
    float("inf"),
    float("nan"),
    "",
    "x" * 1000,
    [],
    [None],
    ["full_attention"] * 3,
    {},
    {"rope_type": "yarn"},
)
MIB = 2**20


def _deep(levels: int) -> str:
    return "[" * levels + "]" * levels


def _written(family: str) -> dict[str, Any]:
    shape = {"model_type": family, "embedding_dim": 64, "num_heads": 4, "vocab_size": 8}
    return to_hugging_face(TransformerConfig.model_validate(shape))


def _with_extremes(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in described:
        for value in VALUES:
            yield {**described, key: value}
    for value in VALUES:
        # Windows need a number of blocks, whatever it is.
        yield {**described, "use_sliding_window": True, "num_hidden_layers": value}
        for kind in ROPE:
            scaling = {"rope_type": kind, "factor": value, "low_freq_factor": value}
            for key in ("rope_scaling", "rope_parameters"):
                yield {**described, key: {**scaling, "original_max_position_embeddings": value}}


@pytest.mark.parametrize("family", FAMILIES)
def test_any_value_is_read_or_refused(family: str) -> None:
    tracemalloc.start()
    for described in _with_extremes(_written(family)):
        with suppress(UnreadableModelError):
            read = parse_description(json.dumps(described).encode())
            special_tokens_of(read)
            assert from_hugging_face(read).num_blocks <= MOST_BLOCKS
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MIB


@pytest.mark.parametrize("levels", [DEEPEST, 900, 100_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    with pytest.raises(UnreadableModelError, match="levels deep"):
        parse_description(f'{{"hidden_act": {_deep(levels)}}}'.encode())
    assert parse_description(f'{{"hidden_act": {_deep(DEEPEST - 1)}}}'.encode())


def test_a_number_that_is_not_finite_is_refused() -> None:
    for text in ("1e999", "Infinity", "NaN", "1" * 30):
        with pytest.raises(UnreadableModelError, match="it has the number"):
            parse_description(f'{{"rope_theta": {text}}}'.encode())
