"""Lists of names in sentences."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], word: str = "and") -> str:
    """`A`, `A and B`, `A, B and C`; empty without names."""
    *others, last = [*names] or [""]
    return f"{', '.join(others)} {word} {last}" if others else last
