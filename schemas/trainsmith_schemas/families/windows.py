"""Sliding windows: the blocks whose attention sees only the last tokens.

Beltagy et al. 2020, "Longformer"; Jiang et al. 2023, "Mistral 7B". `transformers` has the same
names: a `sliding_window`, and for each block one of `layer_types`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from trainsmith_schemas.families.checks import rotary_attention
from trainsmith_schemas.families.description import refuse
from trainsmith_schemas.families.family import Distinction, Kind
from trainsmith_schemas.families.registry import reads, require_layout
from trainsmith_schemas.problems import Path, Problem
from trainsmith_schemas.sections.model import TransformerConfig

SLIDING: Kind = "sliding_attention"
FULL: Kind = "full_attention"


def everywhere(_config: TransformerConfig) -> tuple[Kind, ...]:
    """The window is in all blocks."""
    return (SLIDING,)


def kinds(config: TransformerConfig) -> list[Kind]:
    """The kind of each block's attention. A list that is too short repeats."""
    pattern = _pattern(config)
    return [pattern[block % len(pattern)] for block in range(config.num_blocks)]


def window(config: TransformerConfig, block: int) -> int | None:
    """How many tokens a block's attention sees, including the token itself; `None`: all."""
    pattern = _pattern(config)
    return config.sliding_window if pattern[block % len(pattern)] == SLIDING else None


def _pattern(config: TransformerConfig) -> Sequence[Kind]:
    written = config.layer_types if reads(config.model_type, "layer_types") else None
    return written or require_layout(config).layer_types(config)


KINDS = Distinction("kinds of attention", "layer_types", kinds)


def window_contradictions(config: TransformerConfig, path: Path) -> Iterator[Problem]:
    """Heads that cannot have rotary positions, and blocks that do not exist or have no window."""
    yield from rotary_attention(config, path)
    yield from too_many_entries(config, path, "layer_types")
    if SLIDING in (config.layer_types or []) and config.sliding_window is None:
        yield Problem(
            (*path, "layer_types"),
            "contradiction",
            f"`layer_types` has {SLIDING}, and `sliding_window` is not set: "
            "write how many tokens such a block sees",
        )


def too_many_entries(config: TransformerConfig, path: Path, key: str) -> Iterator[Problem]:
    """A list about blocks does not have more entries than there are blocks."""
    count = len(getattr(config, key) or ())
    if count > config.num_blocks:
        yield Problem(
            (*path, key),
            "out-of-range",
            f"`{key}` has {count} entries, and `num_blocks` is {config.num_blocks}: "
            "remove the rest",
            related=((*path, "num_blocks"),),
        )


def write_optional(config: TransformerConfig) -> dict[str, Any]:
    """The keys of families that turn windows on with `use_sliding_window`."""
    used = config.sliding_window is not None
    written = kinds(config) if used else [FULL] * config.num_blocks
    # Versions of `transformers` before `layer_types` count the first blocks without a window.
    leading = written.index(SLIDING) if SLIDING in written else len(written)
    return {
        "use_sliding_window": used,
        "sliding_window": config.sliding_window,
        "max_window_layers": leading,
        "layer_types": written,
    }


def read_optional(described: Mapping[str, Any]) -> dict[str, Any]:
    """`sliding_window` and `layer_types` of families that have `use_sliding_window`."""
    blocks = described.get("num_hidden_layers")
    first = described.get("max_window_layers", 28)
    used = described.get("use_sliding_window", False) and described.get("sliding_window", 4096)
    count = blocks if type(blocks) is int else 0
    if not used or type(first) is not int:
        _refuse_other_kinds(described, (FULL,))
        return {"layer_types": [FULL] * count or None}
    found = read_kinds(described) or [FULL if at < first else SLIDING for at in range(count)]
    window = used if SLIDING in found else None
    return {"sliding_window": window, "layer_types": found or None}


def read_kinds(described: Mapping[str, Any]) -> list[Any]:
    """`layer_types`, one for each block; empty if the key is absent.

    Raises:
        UnreadableModelError: a block is of another kind, or their number is not that of the blocks.
    """
    found = _refuse_other_kinds(described, (SLIDING, FULL))
    if found and len(found) != described.get("num_hidden_layers"):
        refuse("layer_types", found, "one entry for each of `num_hidden_layers` is")
    return found


def _refuse_other_kinds(described: Mapping[str, Any], known: tuple[Kind, ...]) -> list[Any]:
    found = described.get("layer_types") or []
    several = cast("list[Any]", found) if isinstance(found, list) else [found]
    if any(kind not in known for kind in several):
        refuse("layer_types", found, f"{' and '.join(known)} {'are' if len(known) > 1 else 'is'}")
    return several
