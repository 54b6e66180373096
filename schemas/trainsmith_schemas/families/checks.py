"""Checks that families share: sizes of which one must divide another."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig

_MOST = 4096
"""No divisor is suggested for a number of heads above this."""


def heads_divide_width(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """Every head has a whole number of dimensions."""
    if config.embedding_dim % config.num_heads:
        yield indivisible(
            path, "embedding_dim", config.embedding_dim, "num_heads", config.num_heads
        )


def groups_divide_heads(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """Every key and value head serves the same number of heads."""
    if config.num_groups and config.num_heads % config.num_groups:
        yield indivisible(path, "num_heads", config.num_heads, "num_groups", config.num_groups)


def indivisible(path: Path, whole: str, number: int, part: str, divisor: int) -> Problem:
    """Say that one key's number does not divide by another's, and which divisors are near."""
    return Problem(
        (*path, part),
        "indivisible",
        f"`{whole}` ({number}) does not divide by `{part}` ({divisor})",
        suggestions=tuple(str(one) for one in _divisors_near(number, divisor)),
        related=((*path, whole),),
    )


def _divisors_near(number: int, wanted: int) -> list[int]:
    """The divisors of a number on either side of another one, the nearer first."""
    divisors = [one for one in range(1, min(number, _MOST) + 1) if number % one == 0]
    below = [one for one in divisors if one < wanted][-1:]
    above = [one for one in divisors if one > wanted][:1]
    return sorted(below + above, key=lambda one: abs(one - wanted))
