"""What a value of the wrong type was meant to be."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.validation.validate import validate

WHOLE = "training_config.batch_size"
NUMBER = "training_config.validation_split"
FLAG = "training_config.use_wandb"
MESH = "device_config.mesh_shape"
SECTION = "training_config.optimizer"


def suggested(path: str, value: Any) -> tuple[str, ...]:
    section, key = path.split(".")
    problems = validate(TrainingDocument, {section: {key: value}}).problems
    return next((one.suggestions for one in problems if one.path == (section, key)), ())


@pytest.mark.parametrize(
    ("path", "written", "meant"),
    [
        (WHOLE, "8.0", "8"),
        (WHOLE, "1e3", "1000"),
        (WHOLE, "'8'", "8"),
        (WHOLE, "'8,'", "8"),
        (WHOLE, "0o20", "16"),
        (WHOLE, "8.5", None),
        (WHOLE, "eight", None),
        (WHOLE, "yes", None),
        (WHOLE, "", None),
        (NUMBER, "0,1", "0.1"),
        (NUMBER, "0.1;", "0.1"),
        (NUMBER, "10%", "0.1"),
        (NUMBER, "1,000,000", None),
        (NUMBER, "infinity", None),
        (FLAG, "Yse", "true"),
        (FLAG, "'off'", "false"),
        (FLAG, "0", "false"),
        (FLAG, "2", None),
        (FLAG, "perhaps", None),
        (MESH, "8", "[1, 8]"),
        (MESH, "[8]", "[1, 8]"),
        (MESH, "'8,1'", "[8, 1]"),
        (MESH, "(1, 2)", "[1, 2]"),
        (MESH, "2x4", "[2, 4]"),
        (MESH, "[1, 2, 3]", None),
        (MESH, "0", None),
        (SECTION, "SGD", "{type: SGD}"),
        (SECTION, "Sgdd", None),
    ],
)
def test_suggested_value(path: str, written: str, meant: str | None):
    assert suggested(path, yaml.safe_load(written)) == ((meant,) if meant else ())


numbers = st.integers(-9, 99) | st.floats(width=16)
written = numbers | st.text("0123456789.,-+exo%x ()yesnofTRUE", max_size=9) | st.lists(numbers)


@given(st.sampled_from([WHOLE, NUMBER, FLAG, MESH, SECTION]), written)
def test_suggestions_have_the_right_type(path: str, value: Any):
    section, key = path.split(".")
    for text in suggested(path, value):
        data = {section: {key: yaml.safe_load(text)}}
        problems = validate(TrainingDocument, data).problems
        assert [one.code for one in problems if one.code == "wrong-type"] == []
