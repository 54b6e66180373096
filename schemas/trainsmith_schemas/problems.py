"""What can be wrong with a document, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CODES: Mapping[str, str] = {
    "unknown-key": "A key that nobody reads",
    "missing-key": "A key that must be there and is not",
    "wrong-type": "A value of another type than the key's",
    "invalid-value": "A value that is none of those that the key takes",
    "out-of-range": "A number outside what the key allows",
    "indivisible": "Two sizes of which one must divide the other, and does not",
}
"""What a problem may be, each with a title."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what was found, what is expected."""

    path: Path
    """Keys and list positions from the top of the document to the place."""
    code: str
    """One of `CODES`."""
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
