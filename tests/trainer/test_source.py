"""Reading YAML: PyYAML's values, each with its origin."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skips import NO_CORPUS
from trainsmith_trainer.config.source import Source, parse_override, parse_source, with_overrides
from trainsmith_trainer.errors import RecipeError

TEXT = """\
training_config:
  learning_rate: 1e-4
  optimizer: {type: AdamW, lr: 0.1}
device_config:
  mesh_shape: [1, 2]
"""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\n" * 60_000, "it has more than 50,000 values"),
        ("- 1\n" * 60_000, "it has more than 50,000 values"),
        ("# a\n" * 300_000, "it has 1,200,000 characters"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_text_that_is_too_large_is_refused(text: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        parse_source(text, "a.yaml")


def test_every_value_has_origin() -> None:
    source = parse_source(TEXT, "a.yaml")
    assert source.origin_of(("training_config", "learning_rate")).label == "a.yaml:2:18"
    assert source.origin_of(("training_config", "optimizer", "lr")).label == "a.yaml:3:32"
    assert source.origin_of(("device_config", "mesh_shape", 1)).label == "a.yaml:5:19"
    assert source.origin_of(("device_config",), on_key=True).label == "a.yaml:4:1"


def test_missing_value_has_origin_of_section() -> None:
    source = parse_source(TEXT, "a.yaml")
    assert source.origin_of(("device_config", "enable_ddp")).label == "a.yaml:5:3"


@given(values, st.booleans())
def test_values_match_pyyaml(value: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert parse_source(text, "a.yaml").data == yaml.safe_load(text)


@given(st.text(alphabet=st.sampled_from(list("ab:-[]{}&*!|>\n '\"#,?%@`1.")), max_size=30))
def test_any_text_yields_value_or_recipe_error(text: str) -> None:
    with contextlib.suppress(RecipeError):
        parse_source(text, "a.yaml")


def test_aliases_and_merge_keys_match_pyyaml() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n"
    assert parse_source(text, "a.yaml").data == yaml.safe_load(text)


@pytest.mark.parametrize("name", ["tt-train", "toolkit", "blacksmith"])
def test_real_recipes_match_pyyaml(name: str) -> None:
    folder = Path(__file__).parents[3] / "shared" / "corpus" / name
    if not folder.is_dir():
        pytest.skip(NO_CORPUS)
    for path in folder.rglob("*.y*ml"):
        text = path.read_text(encoding="utf-8")
        try:
            expected = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):
            continue
        try:
            found = parse_source(text, path.name).data
        except RecipeError as error:
            assert "yaml-duplicate-key" in str(error), path  # noqa: PT017
            continue
        assert found == expected, path


def _override(source: Source, *settings: str) -> Source:
    return with_overrides(source, [parse_override("--set", setting) for setting in settings])


def test_override_is_parsed_as_yaml_with_option_as_origin() -> None:
    source = parse_source(TEXT, "a.yaml")
    changed = _override(source, "training_config.seed=7", "device_config.mesh_shape=[1, 1]")
    assert changed.data["training_config"]["seed"] == 7
    assert changed.data["device_config"]["mesh_shape"] == [1, 1]
    place = changed.origin_of(("training_config", "seed"))
    assert place.label == "--set training_config.seed=7"
    assert changed.origin_of(("device_config", "mesh_shape", 1)).label.startswith("--set")
    assert source.data["device_config"]["mesh_shape"] == [1, 2], "the original is untouched"


def test_last_override_wins_and_creates_sections() -> None:
    changed = _override(parse_source("", "a.yaml"), "x.y.z=1", "x.y.z=2", "x.w=no")
    assert changed.data == {"x": {"y": {"z": 2}, "w": False}}
