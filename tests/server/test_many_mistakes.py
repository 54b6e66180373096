"""The work for a document grows as the document, also if it has thousands of mistakes."""

from __future__ import annotations

import sys
from unittest.mock import Mock

import pytest

from trainsmith_schemas.meaning import lora
from trainsmith_server.document.bind import find
from trainsmith_server.features import readable
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.yaml import keys
from trainsmith_server.yaml.parse import parse

RECIPE = "training_config:\n  batch_size: 8\n  learning_rate: 0.001\n  max_steps: 10\n"
COLUMNS = f"{RECIPE}  columns:\n"
IGNORED = f"# trainsmith: ignore\n{COLUMNS}"


def _numbers(count: int) -> str:
    """Keys that are not text, each of which is unknown, too."""
    return "".join(f"    0{number:o}: 1\n" for number in range(8, count + 8))


def _calls(text: str) -> int:
    """How many functions are called, and generators continued, to analyse a text."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        analyze(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("beginning", [COLUMNS, IGNORED], ids=["shown", "ignored"])
def test_work_grows_as_the_number_of_mistakes(beginning: str) -> None:
    analyze(beginning + _numbers(1))
    few, many = (_calls(beginning + _numbers(count)) for count in (600, 1200))
    assert many < 2.5 * few


def test_each_key_is_read_once_however_many_are_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"k{i}" for i in range(100)]
    root = parse("".join(f"{name}: 1\n" for name in [*names, "yes", "0x10"])).documents[0].root
    counted = Mock(wraps=keys.key_text)
    monkeypatch.setattr(keys, "key_text", counted)
    assert all(find(root, (name,)) for name in [*names, "True", "16"])
    assert not any(find(root, (f"other{name}",)) for name in names)
    assert counted.call_count == len(names) + 2


def test_the_readable_part_is_copied_once_for_all_mistakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = "".join(f"    k{number}: 1\n" for number in range(100))
    (known,) = analyze(f"{RECIPE}  optimizer:\n    type: AdamW\n{unknown}").documents
    counted = Mock(wraps=readable._without)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(readable, "_without", counted)
    recipe = readable.training_of(known)
    assert recipe
    assert recipe.training_config.batch_size == 8
    assert counted.call_count <= 3


def test_layers_of_a_model_are_listed_once_for_all_targets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = Mock(wraps=lora.linear_layers)
    monkeypatch.setattr(lora, "linear_layers", counted)

    def listed(targets: int) -> int:
        counted.reset_mock()
        layers = ", ".join(f"q_{number}" for number in range(targets))
        found = analyze(f"{RECIPE}lora_config:\n  target_modules: [{layers}]\n").diagnostics
        assert sum(one.code == "lora-target-unknown" for one in found) == targets
        return counted.call_count

    assert listed(100) == listed(10)
