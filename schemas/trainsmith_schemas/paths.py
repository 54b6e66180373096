"""What a path in a document may hold beside folders and names."""

from __future__ import annotations

import re
from collections.abc import Mapping

ROOT_VARIABLES = ("TT_METAL_RUNTIME_ROOT", "TT_METAL_HOME")
"""The variables for the top of tt-metal; the second is the older."""
_VARIABLE = re.compile(rf"\$(?:({'|'.join(ROOT_VARIABLES)})\b|\{{({'|'.join(ROOT_VARIABLES)})\}})")
"""What tt-train expands in paths. Other variables are none of our business."""


class UnsetVariableError(ValueError):
    """A path has a variable in it that is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable `{name}` is not set")
        self.name = name


def expand(written: str, environment: Mapping[str, str]) -> str:
    """A path as it is written, with the values of its variables.

    Raises:
        UnsetVariableError: one of them is not in the environment.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environment:
            raise UnsetVariableError(name)
        return environment[name]

    return _VARIABLE.sub(value, written)
