"""Reading a `config.json`: what is refused, and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

CONFIG_FILE = "config.json"


class UnreadableModelError(Exception):
    """A folder holds no model that is read here."""


def require(described: Mapping[str, Any], key: str, wanted: Any, *, absent: Any) -> None:
    """Refuse what our layers do not compute, instead of computing something else."""
    found = described.get(key, absent)
    if found != wanted:
        refuse(key, found, f"{json.dumps(wanted)} is")


def refuse(key: str, found: Any, read: str, *, of: str = "") -> NoReturn:
    """Refuse the value of a key; `read` says what would be read, in words."""
    where = f"{CONFIG_FILE}, in `{of}`" if of else CONFIG_FILE
    raise UnreadableModelError(f"`{key}` is {json.dumps(found)} in {where}; only {read} read")
