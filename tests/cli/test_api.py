"""The public Python API, as its documentation describes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trainsmith.api import check_text

PAGE = Path(__file__).parents[2] / "docs" / "python-api.md"


def test_documented_example_prints_documented_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert example
    exec(example[1], {})
    assert capsys.readouterr().out == example[2]


def test_with_a_path_other_files_are_checked(tmp_path: Path) -> None:
    recipe = "training_config:\n  model_config: model.yaml\n"
    assert check_text(recipe) == ()
    [finding] = check_text(recipe, tmp_path / "training.yaml")
    assert (finding.code, finding.line, finding.column) == ("model-config-not-found", 2, 17)
    (tmp_path / "model.yaml").write_text("transformer_config:\n  num_heads: 2\n", encoding="utf-8")
    assert check_text(recipe, tmp_path / "training.yaml") == ()


@pytest.mark.parametrize("text", ["", "jobs: [", "\0", "&a [*a"])
def test_other_texts_have_no_findings(text: str) -> None:
    assert check_text(text) == ()
