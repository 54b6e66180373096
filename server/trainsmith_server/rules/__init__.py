"""The rules: advice that a schema cannot give. One file is one rule.

A module in this folder with a `RULE` is a rule; nothing else is needed to add one. Rules know the
schemas and what `analysis.query` offers, and never one another.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from textwrap import dedent

from trainsmith_server.document.diagnostics import Severity
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery, Violation

_NOTHING_SAID = LintOptions()


def block(text: str) -> str:
    """A document that is written as an indented block of the source."""
    return dedent(text).removeprefix("\n")


@dataclass(frozen=True, slots=True)
class Example:
    """A document that a rule finds fault with, and the same one put right.

    The rule's examples are run: it must report `bad`, its first fix must lead to `good`, and it
    must be silent about `good`.
    """

    bad: str
    good: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One piece of advice."""

    code: str
    """Kebab case; the file has the same name with underscores."""
    severity: Severity
    title: str
    """What is wrong, in a few words."""
    docs: str
    """Markdown: why it matters, when it is fine, how to mend it."""
    examples: tuple[Example, ...]
    fine: tuple[str, ...]
    """Documents that look similar and that the rule must be silent about."""
    check: Callable[[DocumentQuery], Iterator[Violation]]
    documents: tuple[str, ...] = ("training",)
    """The kinds of document that it looks at."""
    on: bool = True
    """Whether it speaks without being asked to; what is a matter of taste does not."""
    settles: bool = False
    """Whether what else could be said of the same key and its value only follows from this."""
    with_model: bool = False
    """Whether it runs again with the model file that a recipe names, in `DocumentQuery.model`."""
    options: LintOptions = _NOTHING_SAID
    """What must have been said for the rule to have a say; its examples are judged by it."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the folder, by its code."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: rule.code))
