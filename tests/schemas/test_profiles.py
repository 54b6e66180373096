"""A file is checked for the trainer that it was written for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml

from skips import NO_CORPUS
from trainsmith_schemas.base import FieldInfo, ReadBy, Section, fields_of
from trainsmith_schemas.problems import dotted
from trainsmith_schemas.sections.documents import recognise
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.trainers.profiles import choose_profile, unread_keys, who_does
from trainsmith_server.features.describe import readers

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


class _Inner(Section):
    unread: Annotated[int, ReadBy()] = 0


class _Example(Section):
    unread: Annotated[int, ReadBy()] = 0
    also_unread: Annotated[_Inner | None, ReadBy()] = None
    of_one: Annotated[int, ReadBy("tt-train")] = 0
    of_two: Annotated[int, ReadBy("trainsmith", "tt-train")] = 0
    of_three: Annotated[int, ReadBy("trainsmith", "tt-train", "tt-train-flat")] = 0


@pytest.mark.parametrize(
    ("key", "hover", "message"),
    [
        ("unread", "No trainer reads it yet.", "no trainer does yet"),
        ("of_one", "Read by tt-train.", "tt-train does"),
        ("of_two", "Read by Trainsmith and tt-train.", "Trainsmith and tt-train do"),
        (
            "of_three",
            "Read by Trainsmith, tt-train and tt-train 0.62 to 0.65.",
            "Trainsmith, tt-train and tt-train 0.62 to 0.65 do",
        ),
    ],
)
def test_the_readers_of_a_key_in_words(key: str, hover: str, message: str) -> None:
    field: FieldInfo = fields_of(_Example)[key]
    assert readers(field) == hover
    assert who_does(field.read_by) == message


def test_a_key_that_no_trainer_reads_does_not_choose_the_profile() -> None:
    read_by_none = {"unread": 1, "also_unread": {"unread": 1}}
    chosen: dict[str, Trainer] = {
        "of_one": "tt-train",
        "of_two": "trainsmith",
        "of_three": "trainsmith",
    }
    for key, trainer in chosen.items():
        data = {key: 1, **read_by_none}
        assert choose_profile(_Example, data).name == trainer
        assert set(unread_keys(_Example, data, trainer)) == {("unread",), ("also_unread",)}
