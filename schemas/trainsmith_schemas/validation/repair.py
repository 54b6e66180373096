"""Guess what a value of the wrong type was meant to be, if only one answer is likely."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from trainsmith_schemas.base import FieldInfo, fields_of

_LONGEST = 40
"""A longer text is not a mistyped value."""

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def meant(value: Any, facts: FieldInfo, *, item: bool = False) -> tuple[str, ...]:
    """The values that may have been meant, in YAML; empty if the intention is unclear.

    Args:
        value: the value that a YAML 1.1 parser returns.
        facts: the value's key.
        item: whether the value is an item of the key's list.
    """
    if isinstance(value, str) and len(value) > _LONGEST:
        return ()
    expected = facts.item_type_text if item else facts.type_text
    if facts.section:
        found = _section(value, facts)
    elif expected.startswith("a whole number"):
        found = _whole(value)
    elif expected.startswith("a number"):
        found = _number(value)
    elif expected.startswith("`true` or `false`"):
        found = _flag(value)
    elif expected.startswith("a list of 2 values, each a whole number"):
        found = _pair(value)
    else:
        found = iter(())
    return tuple(found)


def _whole(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        text = _without_separators(value)
        if re.fullmatch(r"0o[0-7]+", text):  # An octal number in YAML 1.2.
            yield str(int(text, 8))
            return
        value = _float(text)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        yield str(int(value))


def _number(value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        return
    text = _without_separators(value)
    percent = _float(text.removesuffix("%")) if text.endswith("%") else None
    if percent is not None:
        yield f"{percent / 100:.6f}".rstrip("0").rstrip(".")
    elif _float(text) is not None:
        yield text
    elif _float(text.replace(",", ".")) is not None:  # A decimal comma.
        yield text.replace(",", ".")


def _without_separators(text: str) -> str:
    return text.strip(" ,;").replace("_", "")


def _float(text: str) -> float | None:
    """Parse a number in YAML's notation, without Python's `infinity` and the like."""
    return (
        float(text) if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", text) and _is_float(text) else None
    )


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _flag(value: Any) -> Iterator[str]:
    if isinstance(value, int) and value in (0, 1):
        yield str(bool(value)).lower()
    elif isinstance(value, str):
        near = difflib.get_close_matches(value.strip().lower(), _FLAGS, n=1, cutoff=0.6)
        yield from (str(_FLAGS[word]).lower() for word in near)


def _pair(value: Any) -> Iterator[str]:
    """Rows and columns; a single number is the number of devices in one row."""
    numbers: list[Any] = value if isinstance(value, list) else [value]
    if isinstance(value, str):
        if not re.fullmatch(r"[\s\d,;x×*()\[\]]*", value):
            return
        numbers = [int(digits) for digits in re.findall(r"\d+", value)]
    if len(numbers) == 1:
        numbers = [1, *numbers]
    if len(numbers) == 2 and all(type(one) is int and one > 0 for one in numbers):
        yield str(numbers)


def _section(value: Any, facts: FieldInfo) -> Iterator[str]:
    """A single word may be the section's `type`."""
    kind = fields_of(facts.section).get("type") if facts.section else None
    if kind and value in kind.choices:
        yield f"{{type: {value}}}"
