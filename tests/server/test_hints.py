"""Inlay hints and code lenses."""

from __future__ import annotations

import re

import pytest
from support import Case, cases

from trainsmith_schemas.quantities import count, size
from trainsmith_server.features.code_lens import code_lenses
from trainsmith_server.features.inlay_hints import MOST_SHOWN, inlay_hints
from trainsmith_server.lint.analyze import analyze


@pytest.mark.parametrize("case", cases("inlay_hints"))
def test_inlay_hints(case: Case) -> None:
    marked, *model = case.blocks
    text = re.sub("⟨.*?⟩", "", marked)
    models = {"model.yaml": analyze(model[0])} if model else {}
    data = dict.fromkeys(["data.txt"], int(case.expectations[0][1])) if case.expectations else {}
    drawn = text
    hints = inlay_hints(analyze(text), (0, len(text)), models, data)
    for hint in sorted(hints, key=lambda hint: hint.offset, reverse=True):
        assert hint.tooltip
        assert len(hint.text) <= MOST_SHOWN
        drawn = f"{drawn[: hint.offset]}⟨{hint.text}⟩{drawn[hint.offset :]}"
    assert drawn == marked


def test_only_hints_in_the_visible_range_are_returned() -> None:
    text = "training_config:\n  batch_size: 8\ndevice_config:\n  mesh_shape: [1, 1]\n"
    second = text.index("device_config")
    assert [hint.text for hint in inlay_hints(analyze(text), (second, len(text)), {})] == [
        "1 device"
    ]


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (999, "999"), (1000, "1.00 k"), (10_750_000, "10.8 M"), (999_600, "1.00 M")],
)
def test_counts(number: int, words: str) -> None:
    assert count(number) == words


def test_sizes() -> None:
    assert size(172_000_000) == "172 MB"
    assert size(1_991_036_928) == "1.99 GB"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# A run\ntraining_config:\n  seed: 1\n", [1]),
        ("device_config:\n  enable_ddp: false\ntraining_config:\n  seed: 1\n", [2]),
        ("eval_config:\n  top_k: 5\n", []),
        ("transformer_config:\n  num_heads: 2\n", []),
        ("training_config:\n  seed: 1\n---\ntraining_config:\n  seed: 2\n", []),
        ("jobs:\n  build: 1\n", []),
    ],
)
def test_run_training_is_above_a_recipe(text: str, lines: list[int]) -> None:
    analysis = analyze(text)
    lenses = code_lenses(analysis, None)
    assert [analysis.lines.line_of(lens.span[0]) for lens in lenses] == 2 * lines
    assert [lens.title for lens in lenses] == ["$(play) Run Training", "$(checklist) Dry Run"][
        : len(lenses)
    ]


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("training_config:\n  data_path: a.txt\n", True),
        ("training_config:\n  data_path: [a.txt, b.txt]\n", True),
        ("training_config:\n  seed: 1\n", False),
        ("# trainsmith: profile=tt-train\ntraining_config:\n  data_path: a.txt\n", False),
    ],
)
def test_show_data_is_above_a_recipe_with_data_for_this_trainer(text: str, shows: bool) -> None:
    titles = [lens.title for lens in code_lenses(analyze(text), None)]
    assert titles[2:] == (["$(database) Show Data"] if shows else [])
