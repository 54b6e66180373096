"""The codes of diagnostics that users can ignore or give another level."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from trainsmith_schemas import problems
from trainsmith_server.document.directives import INVALID, UNUSED, is_syntax, nearest_name
from trainsmith_server.lint import size
from trainsmith_server.rules import all_rules

ELSEWHERE: Mapping[str, str] = {
    "model-file-problems": "The recipe's model file has errors, or is not a model file",
    "contradiction": "A recipe contradicts its model file, or a model file its folder",
    "model-config-not-found": "The recipe's model file does not exist",
    "data-path-not-found": "The recipe's data does not exist",
    "tokenizer-path-not-found": "The recipe's tokenizer does not exist",
    "chat-template-not-found": "The recipe's chat template does not exist",
    "examples-too-long": "Examples of the data are longer than a sequence",
    "model-path-not-found": "The model that a model file starts from does not exist",
    "model-path-unreadable": "The model that a model file starts from can't be read",
}
"""Codes whose causes are in other files, so the analysis of one text never reports them."""

SYNTAX: Mapping[str, str] = {
    "yaml-syntax": "The text is not valid YAML",
    "yaml-tab": "A tab where YAML allows only spaces",
    "yaml-indentation": "A line whose indentation matches no line above",
    "yaml-value": "A value that YAML 1.1 cannot read",
    "yaml-duplicate-key": "A repeated key, of which only the last takes effect",
}
"""Codes of syntax errors, which every YAML reader reports; they have no level."""


@cache
def adjustable_codes() -> Mapping[str, str]:
    """Every code that has a level, with its title."""
    return {
        **problems.CODES,
        **{rule.code: rule.title for rule in all_rules()},
        **ELSEWHERE,
        UNUSED: "A comment that has nothing to ignore",
        INVALID: "A comment to Trainsmith that is not valid",
        size.CODE: size.TITLE,
    }


def unknown_code(code: str) -> tuple[str, str | None]:
    """A message that a code has no level, and the nearest code that has one."""
    if is_syntax(code):
        return f"`{code}` is a syntax error: it can't be ignored or given another level", None
    nearest = nearest_name(code, adjustable_codes())
    hint = f"; did you mean `{nearest}`?" if nearest else ""
    return f"there is no code `{code}`{hint}", nearest
