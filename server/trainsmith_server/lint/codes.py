"""The codes of diagnostics that people may ignore or give another level."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from trainsmith_schemas import problems
from trainsmith_server.document.directives import INVALID, UNUSED, is_syntax, nearest_name
from trainsmith_server.lint import size
from trainsmith_server.rules import all_rules

ELSEWHERE: Mapping[str, str] = {
    "model-file-problems": "The model file that a recipe names has errors, or is none",
    "contradiction": "A file that is named, or its model's folder, says something else",
    "model-config-not-found": "The model file that a recipe names is not there",
    "data-path-not-found": "The data that a recipe names is not there",
    "tokenizer-path-not-found": "The tokenizer that a recipe names is not there",
    "model-path-not-found": "The model that a model file starts from is not there",
    "model-path-unreadable": "The model that a model file starts from is of another kind",
}
"""Codes whose causes stand in other files, so that a text alone never has them."""

SYNTAX: Mapping[str, str] = {
    "yaml-syntax": "The text is no YAML",
    "yaml-tab": "A tab where YAML allows only spaces",
    "yaml-indentation": "A line that is indented like none that it could belong to",
    "yaml-value": "A value that YAML 1.1 cannot read",
    "yaml-duplicate-key": "A key that stands twice, of which only the last counts",
}
"""Codes of what every reader of YAML stops at, so that they have no level and cannot be ignored."""


@cache
def adjustable_codes() -> Mapping[str, str]:
    """Every code that has a level, with its title: the schema's, the rules', the comments'."""
    return {
        **problems.CODES,
        **{rule.code: rule.title for rule in all_rules()},
        **ELSEWHERE,
        UNUSED: "A comment that ignores what is not there",
        INVALID: "A comment to Trainsmith that says nothing it knows",
        size.CODE: size.TITLE,
    }


def unknown_code(code: str) -> tuple[str, str | None]:
    """Say why a code has no level; and the nearest one that has."""
    if is_syntax(code):
        return f"`{code}` is an error that every reader of YAML stops at", None
    nearest = nearest_name(code, adjustable_codes())
    hint = f"; did you mean `{nearest}`?" if nearest else ""
    return f"there is no code `{code}`{hint}", nearest
