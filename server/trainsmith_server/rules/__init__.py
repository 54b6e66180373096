"""The rules: advice that a schema cannot give. One file is one rule.

Each module in this folder defines a `RULE`; it does not need to be registered. Rules import the
schemas and the modules of `document/`, and never each other.
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

_DEFAULT_OPTIONS = LintOptions()


def block(text: str) -> str:
    """Remove the indentation that a document has in the source code."""
    return dedent(text).removeprefix("\n")


@dataclass(frozen=True, slots=True)
class Example:
    """A document with the mistake, and the same document after the fix.

    Examples run as tests: the rule must report `bad` and must not report `good`, and its first fix
    must turn `bad` into `good`.
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
    """Markdown: why it matters, when it is fine, how to fix it."""
    examples: tuple[Example, ...]
    fine: tuple[str, ...]
    """Correct documents that look similar; a test fails if the rule reports one."""
    check: Callable[[DocumentQuery], Iterator[Violation]]
    documents: tuple[str, ...] = ("training",)
    """The kinds of document that it checks, by their names in `sections/documents.py`."""
    on: bool = True
    """Whether it is on by default; rules that are a matter of taste are off."""
    supersedes: bool = False
    """Whether other diagnostics on the same key and its value are suppressed.

    This is for a rule that finds the cause, so that the value need not be judged as well.
    """
    with_model: bool = False
    """Whether it runs again with the model file that a recipe names, in `DocumentQuery.model`.

    Without that file, `model` is `None`.
    """
    options: LintOptions = _DEFAULT_OPTIONS
    """Options without which the rule does not apply; its examples run with them."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules of this folder, sorted by code."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: rule.code))
