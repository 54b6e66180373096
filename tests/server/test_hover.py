"""Hover, by the cases under `cases/hover`; add one there."""

from __future__ import annotations

import pytest
from support import Case, cases

from trainsmith_server.features.hover import hover
from trainsmith_server.lint.analyze import analyze


@pytest.mark.parametrize("case", cases("hover"))
def test_hover(case: Case) -> None:
    found = hover(analyze(case.text), case.offset)
    assert case.expectations
    for word, rest in case.expectations:
        if word == "nothing":
            assert found is None
            continue
        assert found
        if word == "shows":
            assert rest in found.markdown.replace("\n", " ") or rest in found.markdown
        elif word == "lacks":
            assert rest not in found.markdown
        elif word == "over":
            assert case.text[slice(*found.span)] == rest
        else:
            pytest.fail(f"unknown expectation `{word}`")
