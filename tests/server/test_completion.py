"""Completion, by the cases under `cases/completion`; add one there."""

from __future__ import annotations

import pytest
from support import Case, cases, corpus, read

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.features.completion import complete
from trainsmith_server.lint.analyze import analyze


@pytest.mark.parametrize("case", cases("completion"))
def test_completion(case: Case) -> None:
    found = {one.label: one for one in complete(analyze(case.text), case.offset)}
    keys = [label for label, one in found.items() if one.kind != "template"]
    assert case.expectations
    for word, rest in case.expectations:
        labels = [label.replace(";", ",") for label in rest.split(", ")]
        if word == "nothing":
            assert keys == []
        elif word == "has":
            assert set(labels) <= set(keys)
        elif word == "lacks":
            assert not set(labels) & set(keys)
        elif word == "only":
            assert keys == labels
        elif word == "first":
            assert keys[: len(labels)] == labels
        elif word == "accept":
            assert apply_edits(case.text, (found[labels[0]].edit,)) == case.blocks[1]
        else:
            pytest.fail(f"unknown expectation `{word}`")


def test_a_typed_space_offers_values_but_no_keys() -> None:
    text = "training_config:\n  use_wandb: \n  "
    assert complete(analyze(text), len(text), " ") == ()
    assert complete(analyze(text), len(text) - 3, " ")


def test_every_offset_of_every_public_file() -> None:
    """Completion never raises, and its edits stay on the cursor's line."""
    for file in corpus()[::4]:
        text = read(file)[:1200]
        analysis = analyze(text)
        for offset in range(0, len(text), 11):
            for one in complete(analysis, offset)[:3]:
                start, end = one.edit.span
                assert analysis.lines.line_of(start) == analysis.lines.line_of(end)
                assert start <= offset <= end
