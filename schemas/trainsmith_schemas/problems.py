"""Problems of a document, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CODES: Mapping[str, str] = {
    "unknown-key": "An unknown key",
    "missing-key": "A required key that is missing",
    "wrong-type": "A value of the wrong type",
    "invalid-value": "A value that the key does not allow",
    "out-of-range": "A number outside the allowed range",
    "indivisible": "A size that is not divisible by another",
}
"""The codes of problems, with their titles."""

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what was found, what is expected."""

    path: Path
    """Keys and list indexes, from the top of the document."""
    code: str
    """One of `CODES`."""
    message: str
    """One self-contained sentence in Markdown."""
    on_key: bool = False
    """Whether the key itself is wrong, not its value."""
    suggestions: tuple[str, ...] = ()
    """What to write instead of the key or value, most likely first."""
    sure: bool = True
    """Whether the first suggestion is certainly meant, so that it may be applied unasked."""
    choices: tuple[str, ...] = ()
    """All values that the key allows, if it is an enumeration."""
    related: tuple[Path, ...] = ()
    """Other places that are involved."""


def dotted(path: Path) -> str:
    """A path in dotted notation: `training_config.batch_size`."""
    return ".".join(str(part) for part in path)
