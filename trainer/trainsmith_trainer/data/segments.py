"""What readers of data files yield: texts, and lines that are malformed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Span: TypeAlias = "tuple[int, int]"
"""The characters of a text from the first index up to the second."""


@dataclass(frozen=True)
class Segment:
    """Consecutive text of one document: an example, or a piece of a longer text."""

    text: str
    counted: tuple[Span, ...] | None = None
    """In an example, the characters that the loss counts; `None` in other texts, which count
    whole."""
    ends: bool = False
    """Whether the document ends after it."""
    line: int = 1
    """The line or row at which the document begins, counted from 1."""
    quoted: tuple[Span, ...] | None = None
    """In a conversation, where special tokens are text; elsewhere in it, the chat template wrote
    them. `None` in other texts, in which all special tokens are text."""

    @property
    def is_conversation(self) -> bool:
        """Whether a chat template wrote the text, with the tokens before and after it."""
        return self.quoted is not None


@dataclass(frozen=True)
class BadLine:
    """A malformed line or row."""

    path: Path
    line: int
    """Counted from 1."""
    why: str
    """What was found, what is expected, how to fix it."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"
