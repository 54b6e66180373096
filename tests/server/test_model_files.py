"""A recipe shows what the model file says that it names."""

from __future__ import annotations

import pytest
from support import Case, cases

from trainsmith_server.analysis.analyze import analyze
from trainsmith_server.features.file_problems import file_problems
from trainsmith_server.features.hover import hover


@pytest.mark.parametrize("case", cases("model_files"))
def test_case(case: Case) -> None:
    recipe, models = analyze(case.text), {"model.yaml": analyze(case.blocks[1])}
    shown = hover(recipe, case.offset, models)
    assert shown
    plain = hover(recipe, case.offset)
    assert plain
    summary = [line for line in shown.markdown.removeprefix(plain.markdown).split("\n") if line]
    problems = list(file_problems(recipe, models))
    lines = [
        str(cause.other.lines.line_of(cause.span[0]) + 1)
        for one in problems
        for cause in one.related
        if cause.other
    ]
    assert [
        *(("hover", line) for line in summary),
        *(("problem", one.message) for one in problems),
        *([("causes", " ".join(lines))] if lines else []),
    ] == list(case.expectations)
    for one in problems:
        assert one.severity == "warning"
        assert recipe.text[slice(*one.span)] == "model.yaml"


RECIPE = "training_config:\n  validation_split: 0.1\n  model_config: m.yaml\n  model_type: llama\n"


def _said(recipe: str, model: str) -> list[tuple[str, str, str]]:
    found = file_problems(analyze(recipe), {"m.yaml": analyze(model)})
    return [
        (one.severity, recipe[slice(*one.span)], cause.other.text[slice(*cause.span)])
        for one in found
        for cause in one.related
        if cause.other
    ]


def test_another_architecture_than_the_model_file_is_an_error() -> None:
    assert _said(RECIPE, "transformer_config:\n  model_type: gpt2\n") == [
        ("error", "llama", "gpt2")
    ]
    assert _said(RECIPE, "transformer_config:\n  num_heads: 6\n") == [
        ("error", "llama", "transformer_config")
    ]
    assert _said(RECIPE, "transformer_config:\n  model_type: llama\n") == []
    silent = RECIPE.replace("  model_type: llama\n", "")
    assert _said(silent, "transformer_config:\n  model_type: llama\n") == []
