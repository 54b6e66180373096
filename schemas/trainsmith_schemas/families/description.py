"""Refusing a `config.json` that describes layers we do not have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast

CONFIG_FILE = "config.json"
_LONGEST = 100
"""In characters."""


class UnreadableModelError(Exception):
    """A folder does not contain a model that we can load."""


def require(described: Mapping[str, Any], key: str, expected: Any, *, absent: Any) -> None:
    """Refuse a value that our layers do not support, instead of computing something else."""
    found = described.get(key, absent)
    if found != expected:
        refuse(key, found, f"{json.dumps(expected)} is")


def refuse(key: str, found: Any, supported: str) -> NoReturn:
    """Refuse the value of a key. `supported` is the beginning of a sentence: `gelu is`."""
    raise UnreadableModelError(
        f"`{key}` is {shown(found)} in {CONFIG_FILE}; only {supported} supported"
    )


def mapping_in(described: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping of a key; empty if it is absent or null.

    Raises:
        UnreadableModelError: it is something else.
    """
    found = described.get(key) or {}
    if not isinstance(found, dict):
        refuse(key, found, "a mapping is")
    return cast("dict[str, Any]", found)


def shown(value: Any) -> str:
    """A value for a message, in JSON and not too long."""
    return json.dumps(value)[:_LONGEST]
