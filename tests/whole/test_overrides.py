"""Overrides for one run: the editor and the trainer compute the same values."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_server.document.result import Analysis
from trainsmith_server.features.overrides import (
    Override,
    difference,
    edited,
    new_problems,
    settings,
)
from trainsmith_server.lint.analyze import analyze
from trainsmith_trainer.config.source import parse_override, parse_source, with_overrides

EXAMPLES = Path(__file__).parents[2] / "examples" / "shakespeare"
RECIPES = {
    "sample": (EXAMPLES / "training.yaml").read_text(encoding="utf-8"),
    "empty": "training_config:\n",
    "flow": "training_config: {batch_size: 8, learning_rate: 3e-4}\n",
    "no value": "training_config:\n  batch_size:\n  seed: 1  # the seed\n",
    "nested": "training_config:\n  optimizer:\n    type: AdamW\n    lr: 0.1\neval_config: {}\n",
    "merged": "training_config: &a\n  seed: 1\neval_config:\n  temperature: 0.5\n",
}


def read(text: str) -> Analysis:
    return analyze(text, "")


def data(analysis: Analysis) -> object:
    return analysis.documents[0].data


def by_the_trainer(text: str, overrides: list[Override]) -> object:
    options = [parse_override("--set", f"{key}={value}") for key, value in overrides]
    return with_overrides(parse_source(text, "recipe.yaml"), options).data


@pytest.mark.parametrize("name", RECIPES)
def test_each_override_is_written_as_the_trainer_applies_it(name: str) -> None:
    before = read(RECIPES[name])
    for setting in settings(before, None):
        override = (setting.key, "17")
        after = edited(before, [override])
        assert data(after) == by_the_trainer(before.text, [override]), setting.key


@given(st.data(), st.sampled_from(sorted(RECIPES)))
def test_several_overrides_are_written_as_the_trainer_applies_them(
    choose: st.DataObject, name: str
) -> None:
    before = read(RECIPES[name])
    keys = [setting.key for setting in settings(before, None)]
    value = st.sampled_from(["0.5", "[1, 2]", "true", '"a b"', "1e-4", "null", ""])
    overrides = choose.draw(st.lists(st.tuples(st.sampled_from(keys), value), max_size=4))
    after = edited(before, overrides)
    assert data(after) == by_the_trainer(before.text, overrides)
    edit = difference(before.text, after.text)
    if edit is None:
        assert before.text == after.text
    else:
        (start, end), text = edit.span, before.text
        assert text[:start] + edit.new_text + text[end:] == after.text


def test_settings_in_the_recipe_are_listed_first() -> None:
    first, second, third, *_ = settings(read(RECIPES["flow"]), None)
    assert (first.key, first.value) == ("training_config.batch_size", "8")
    assert (second.key, second.value) == ("training_config.learning_rate", "3e-4")
    assert not third.written


def test_optimizer_settings_are_offered_only_if_the_recipe_has_the_block() -> None:
    rate = "training_config.optimizer.lr"
    keys = [[one.key for one in settings(read(RECIPES[name]), None)] for name in ("nested", "flow")]
    assert [rate in some for some in keys] == [True, False]


def test_a_model_file_has_settings_too() -> None:
    recipe, model = read(RECIPES["flow"]), read("transformer_config:\n  num_heads: 4\n")
    found = {one.key: one for one in settings(recipe, model)}
    assert found["transformer_config.num_heads"].value == "4"
    after = edited(model, [("training_config.seed", "1"), ("transformer_config.num_heads", "2")])
    assert after.text == "transformer_config:\n  num_heads: 2\n"


@pytest.mark.parametrize(
    ("key", "value", "severity", "text"),
    [
        ("training_config.batch_size", "six", "error", "six"),
        ("training_config.batch_size", "0", "error", "at least 1"),
        ("training_config.batch_size", "[1", "error", ""),
        ("training_config.learning_rate", "1", "warning", ""),
        ("training_config.batch_size", "16", None, ""),
    ],
)
def test_only_problems_caused_by_the_override_are_reported(
    key: str, value: str, severity: str | None, text: str
) -> None:
    before = read("training_config:\n  batch_size: 8\n  learning_rate: 3e-4\n  sed: 1\n")
    problems = new_problems(before, edited(before, [(key, value)]))
    assert [one.severity for one in problems][:1] == ([severity] if severity else [])
    assert all(text in one.message for one in problems[:1])
