"""JSON that anybody may have written: with limits, so that whatever follows can rely on them."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

DEEPEST = 64
"""Levels of lists and objects. Python's own functions fail beyond some hundreds."""
LARGEST = 2**63
"""Integers beyond this are sizes of nothing."""
_MOST_DIGITS = 20


def parse_json(content: bytes | str, *, large_integers: bool = False) -> Any:
    """The value of a JSON text: its numbers are finite, its nesting is not deep.

    Args:
        content: the text, or its bytes in UTF-8.
        large_integers: whether integers may be larger than any size: `transformers` writes 10³⁰ as
            the longest text of a tokenizer.

    Raises:
        ValueError: it is not JSON, or beyond these limits. The text says which, after "it".
    """
    try:
        value = json.loads(
            content,
            parse_int=int if large_integers else _integer,
            parse_float=_number,
            parse_constant=_not_finite,
        )
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, character {error.colno}"
        raise ValueError(f"it is not JSON: {error.msg} in {where}") from None
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    if is_too_deep(value):
        raise ValueError(TOO_DEEP)
    return value


TOO_DEEP = f"it is nested more than {DEEPEST} levels deep"


def is_too_deep(value: Any) -> bool:
    """Whether a value has more levels of lists and objects than `DEEPEST`."""
    level = [[value]]
    for _ in range(DEEPEST + 1):
        level = [_inside(one) for outer in level for one in outer if isinstance(one, dict | list)]
        if not level:
            return False
    return True


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS or abs(int(digits)) >= LARGEST:
        raise ValueError(f"it has the number {digits[:_MOST_DIGITS]}…, which is too large")
    return int(digits)


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _not_finite(text)


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"it has the number {text[:_MOST_DIGITS]}, which is not finite")
