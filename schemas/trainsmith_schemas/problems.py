"""What can be wrong with a document, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what was found, what is expected."""

    path: Path
    """Keys and list positions from the top of the document to the place."""
    code: str
    """`unknown-key`, `missing-key`, `wrong-type`, `invalid-value`, `out-of-range`, …"""
    message: str
    """One sentence in Markdown, whole without the rest."""
    on_key: bool = False
    """The mistake is the key itself, not its value."""
    suggestions: tuple[str, ...] = ()
    """What to write instead of the key or value, the likeliest first."""
    related: tuple[Path, ...] = ()
    """Other places that the mistake involves."""


def dotted(path: Path) -> str:
    """Write a path the way people say it: `training_config.batch_size`."""
    return ".".join(str(part) for part in path)
