"""Hover, by the cases under `cases/hover`; add one there."""

from __future__ import annotations

import pytest
from support import Case, cases

from trainsmith_schemas.editor.lessons import CHAPTERS
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


def test_hover_names_the_lesson_that_teaches_the_key() -> None:
    found = hover(analyze("training_config:\n  learning_rate: 0.001\n"), 20)
    chapter = CHAPTERS["learning_rate"]
    assert found
    assert f"Taught in *{chapter.title}*: {chapter.heading}." in found.markdown
