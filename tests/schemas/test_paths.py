"""tt-metal's variables in paths are expanded; all others are left as they are."""

from __future__ import annotations

import pytest

from trainsmith_schemas.paths import UnsetVariableError, expand

ENVIRONMENT = {"TT_METAL_HOME": "/tt", "OTHER": "/other"}


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("data/text.txt", "data/text.txt"),
        ("$TT_METAL_HOME/text.txt", "/tt/text.txt"),
        ("${TT_METAL_HOME}/a/${TT_METAL_HOME}", "/tt/a//tt"),
        ("$TT_METAL_HOMES/text.txt", "$TT_METAL_HOMES/text.txt"),
        ("${TT_METAL_HOME/text.txt", "${TT_METAL_HOME/text.txt"),
        ("$OTHER/text.txt", "$OTHER/text.txt"),
    ],
)
def test_expand(written: str, expanded: str) -> None:
    assert expand(written, ENVIRONMENT) == expanded


def test_unset_variable_is_refused() -> None:
    with pytest.raises(UnsetVariableError, match="`TT_METAL_RUNTIME_ROOT` is not set"):
        expand("${TT_METAL_RUNTIME_ROOT}/text.txt", ENVIRONMENT)
