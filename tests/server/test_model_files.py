"""A recipe shows its model file and that file's problems."""

from __future__ import annotations

import pytest
from support import Case, cases

from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.features.file_problems import Missing, file_problems
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
        assert one.severity == "error"
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


def test_a_different_architecture_in_the_model_file_is_an_error() -> None:
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


def test_tokenized_data_needs_a_vocabulary_in_tt_train() -> None:
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


def test_values_that_are_not_paths_are_not_searched() -> None:
    recipe = analyze("training_config:\n  model_config: 5\n")
    assert [one.code for one in recipe.diagnostics] == ["wrong-type"]
    assert list(file_problems(recipe, {}, {"5": Missing(("here",))})) == []


RATE = "training_config:\n  learning_rate: {}\n  model_config: m.yaml\n"
SMALL = "transformer_config:\n  vocab_size: 256\n  embedding_dim: 128\n  num_heads: 4\n"
LARGE = (
    "transformer_config:\n  model_type: llama\n  vocab_size: 32000\n  embedding_dim: 2048\n"
    "  num_blocks: 22\n  num_heads: 32\n  num_groups: 4\n  intermediate_dim: 5632\n"
)
PRETRAINED = SMALL + "  model_path: base\n"


@pytest.mark.parametrize(
    ("rate", "model", "said"),
    [
        ("0.001", SMALL, ""),
        ("0.001", LARGE, ""),
        ("0.003", SMALL, ""),
        ("0.003", LARGE, "for a model of this size from random weights"),
        ("0.001", PRETRAINED, "for fine-tuning"),
        ("0.0005", PRETRAINED, ""),
        ("0.01", SMALL, ""),  # The recipe alone has this diagnostic already.
    ],
)
def test_the_usual_learning_rate_depends_on_the_model_file(
    rate: str, model: str, said: str
) -> None:
    found = [*file_problems(analyze(RATE.format(rate)), {"m.yaml": analyze(model)})]
    assert [one.code for one in found] == (["lr-too-high"] if said else [])
    assert all(said in one.message for one in found)


def test_a_rate_that_only_the_model_file_makes_too_high_can_be_ignored() -> None:
    recipe = analyze(RATE.format("0.001  # trainsmith: ignore[lr-too-high]"))
    assert recipe.diagnostics == ()
    assert [*file_problems(recipe, {"m.yaml": analyze(PRETRAINED)})] == []


def test_a_rate_above_the_range_of_fine_tuning_is_a_hint_on_request() -> None:
    recipe = analyze(
        RATE.format("0.0005"), options=LintOptions(levels={"lr-above-typical": "hint"})
    )
    assert recipe.diagnostics == ()
    [hint] = file_problems(recipe, {"m.yaml": analyze(PRETRAINED)})
    assert (hint.code, hint.severity) == ("lr-above-typical", "hint")
    assert [*file_problems(recipe, {"m.yaml": analyze(SMALL)})] == []
