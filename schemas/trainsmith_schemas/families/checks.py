"""Checks that families share: sizes that must be divisible by others."""

from __future__ import annotations

from collections.abc import Iterator

from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig

_MOST = 4096
"""No divisors above this are suggested."""


def heads_divide_width(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """The width is divisible by the number of heads."""
    if config.embedding_dim % config.num_heads:
        yield indivisible(
            path, "embedding_dim", config.embedding_dim, "num_heads", config.num_heads
        )


def groups_divide_heads(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """The number of heads is divisible by the number of key and value heads."""
    if config.num_groups and config.num_heads % config.num_groups:
        yield indivisible(path, "num_heads", config.num_heads, "num_groups", config.num_groups)


def rotary_attention(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """Heads have an even number of dimensions, for rotary positions, and form equal groups.

    At most one problem is reported, because a change that fixes it may fix the next as well.
    """
    head_dim = config.head_dim
    uneven = None if head_dim else next(heads_divide_width(config, path), None)
    size = head_dim or config.embedding_dim // config.num_heads
    if uneven:
        yield uneven
    elif size % 2:
        yield Problem(
            (*path, "head_dim" if head_dim else "num_heads"),
            "indivisible",
            f"each head has {size} dimensions; rotary positions need an even number",
            related=() if head_dim else ((*path, "embedding_dim"),),
        )
    else:
        yield from groups_divide_heads(config, path)
        yield from _original_context(config, path)


def _original_context(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """The kinds of scaled positions that need the original context know it."""
    scaling = config.rope_scaling
    if (
        scaling
        and scaling.scaling_factor
        and scaling.rope_type in ("yarn", "dynamic")
        and not scaling.original_context_length
    ):
        yield Problem(
            (*path, "rope_scaling", "rope_type"),
            "contradiction",
            f"`rope_type` {scaling.rope_type} needs `original_context_length`: write how many "
            "tokens the model could read before positions were scaled",
        )


def indivisible(path: Path, whole: str, number: int, part: str, divisor: int) -> Problem:
    """Report a number that is not divisible by another key's, with the nearest divisors."""
    return Problem(
        (*path, part),
        "indivisible",
        f"`{whole}` ({number}) is not divisible by `{part}` ({divisor})",
        suggestions=tuple(str(one) for one in _divisors_near(number, divisor)),
        sure=False,
        related=((*path, whole),),
    )


def _divisors_near(number: int, wanted: int) -> list[int]:
    """The divisors of a number just below and above another number, nearest first."""
    divisors = [one for one in range(1, min(number, _MOST) + 1) if number % one == 0]
    below = [one for one in divisors if one < wanted][-1:]
    above = [one for one in divisors if one > wanted][:1]
    return sorted(below + above, key=lambda one: abs(one - wanted))
