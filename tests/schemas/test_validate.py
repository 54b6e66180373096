"""The problems that `validate` reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import DOCUMENTS
from trainsmith_schemas.validation.validate import validate

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "validate_cases.yaml").read_text(encoding="utf-8")
)
MODELS = {document.name: document.model for document in DOCUMENTS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    result = validate(MODELS[case.get("document", "training")], yaml.safe_load(case["yaml"]))
    found = [f"{dotted(p.path)} {p.code}: {p.message}" for p in result.problems]
    assert sorted(found) == sorted(case.get("problems", []))
    assert (result.config is None) == bool(found)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["training_config", "device_config", "mesh_shape", "lr", "optimizer"])
            | st.text(max_size=5)
            | st.integers(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(values)
def test_any_value_gives_a_config_or_problems(value: Any) -> None:
    for model in MODELS.values():
        result = validate(model, value)
        assert (result.config is None) == bool(result.problems)
        assert all(problem.message for problem in result.problems)
