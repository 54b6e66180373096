"""The errors that users see, before a run and during one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trainsmith_system.text import shortened

_LONGEST = 2000
"""In characters: a line of an error may quote what somebody else wrote, of any length."""


@dataclass(frozen=True)
class Origin:
    """Where a value was written."""

    label: str
    """`training.yaml:5:3`, or the option that set it."""
    excerpt: str = ""
    """The line of the file, to show under the message."""
    file: str = ""
    """The file as the user named it; empty for an option."""
    line: int = 0
    """Counted from 1; 0 for a whole file or an option."""


@dataclass(frozen=True)
class ConfigProblem:
    """An error or a warning about a recipe."""

    origin: Origin
    severity: Literal["error", "warning"]
    code: str
    message: str
    """One sentence: what was found, what is expected, how to fix it."""
    config_path: str = ""
    """The full key: `training_config.batch_size`; empty if the problem has no key."""

    def lines(self) -> list[str]:
        """The problem as a compiler would print it, with the line that it is about."""
        head = f"{self.origin.label}: {self.severity}[{self.code}] {self.message}"
        return [head, f"    {self.origin.excerpt}"] if self.origin.excerpt else [head]

    def __str__(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines())


class RecipeError(Exception):
    """The recipe or its data is wrong; nothing was run."""

    def __init__(self, problems: tuple[ConfigProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RunError(Exception):
    """A run cannot continue, for a reason that the user can fix."""

    def __init__(
        self, message: str, *, advice: str | None = None, config_path: str | None = None
    ) -> None:
        self.message = shortened(message, _LONGEST)
        super().__init__(self.message)
        self.advice = advice
        self.config_path = config_path


class ResumeError(Exception):
    """A run cannot be resumed, for a reason in one or several lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = tuple(shortened(line, _LONGEST) for line in lines)
        super().__init__("\n".join(self.lines))


class RunNameError(ValueError):
    """A run cannot have this name."""
