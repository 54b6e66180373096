"""The option of commands that write text or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def format_option(help_text: str = "The output format.") -> Callable[[_Command], _Command]:
    """`--format`, as the argument `output` of a command."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help=help_text,
    )
