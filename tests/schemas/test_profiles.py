"""A file is checked for the trainer that it was written for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from skips import NO_CORPUS
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import recognise
from trainsmith_schemas.trainers.profiles import choose_profile, unread_keys

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "profile_cases.yaml").read_text(encoding="utf-8")
)
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    data = yaml.safe_load(case["yaml"])
    document = recognise(data)
    assert document is not None
    profile = choose_profile(document.model, data)
    assert profile.name == case["profile"]
    found = [dotted(path) for path in unread_keys(document.model, data, profile.name)]
    assert found == case.get("unread", [])


@pytest.mark.skipif(not CORPUS.exists(), reason=NO_CORPUS)
def test_public_tt_train_files_are_not_mistaken_for_ours() -> None:
    wrong = [path.name for path in (CORPUS / "tt-train").glob("*.yaml") if _loses_a_key(path)]
    assert not wrong


def _loses_a_key(path: Path) -> bool:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    document = recognise(data)
    if document is None or choose_profile(document.model, data).name != "trainsmith":
        return False
    return any(unread_keys(document.model, data, "trainsmith"))
