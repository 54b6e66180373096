"""A recipe shows what the model file says that it names."""

from __future__ import annotations

import pytest
from support import Case, cases

from trainsmith_server.features.file_problems import file_problems
from trainsmith_server.features.hover import hover
from trainsmith_server.lint.analyze import analyze


@pytest.mark.parametrize("case", cases("model_files"))
def test_case(case: Case) -> None:
    recipe, models = analyze(case.text), {"model.yaml": analyze(case.blocks[1])}
    shown = hover(recipe, case.offset, models)
    assert shown
    plain = hover(recipe, case.offset)
    assert plain
    already = plain.markdown.split("\n")
    summary = [line for line in shown.markdown.split("\n") if line not in already]
    problems = list(file_problems(recipe, models))
    lines = [
        str(cause.source.lines.line_of(cause.span[0]) + 1)
        for one in problems
        for cause in one.related
        if cause.source
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
        (one.severity, recipe[slice(*one.span)], cause.source.lines.text[slice(*cause.span)])
        for one in found
        for cause in one.related
        if cause.source
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


TT_TRAIN = "# trainsmith: profile=tt-train\ntraining_config:\n  model_config: m.yaml\n"


def test_tokens_that_are_made_already_need_a_vocabulary_in_tt_train() -> None:
    recipe = TT_TRAIN + "  data_path: tokens.yaml\n"
    model = "transformer_config:\n  vocab_size: 0\n"
    assert _said(recipe, model) == [("error", "tokens.yaml", "0")]
    assert _said(recipe, model.replace("0", "32000")) == []
    assert _said(recipe.replace(".yaml\n", ".txt\n").replace("m.txt", "m.yaml"), model) == []
    assert _said(recipe.replace("tt-train", "trainsmith"), model) == []


def test_gpt2_has_no_tensor_parallelism_in_tt_train() -> None:
    recipe = TT_TRAIN + "device_config:\n  enable_tp: true\n  mesh_shape: [1, 2]\n"
    model = "transformer_config:\n  model_type: gpt2\n"
    assert _said(recipe, model) == [("error", "true", "gpt2")]
    assert _said(recipe, model.replace("gpt2", "llama")) == []
    assert _said(recipe.replace("true", "false"), model) == []


def test_what_is_no_path_is_not_looked_for() -> None:
    recipe = analyze("training_config:\n  model_config: 5\n")
    assert [one.code for one in recipe.findings] == ["wrong-type"]
    assert list(file_problems(recipe, {}, {"5": ("here",)})) == []
