"""Completion of paths, from real folders."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from support import Case, cases

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.features.completion import complete
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.references import Files


@pytest.fixture
def uri(tmp_path: Path) -> str:
    (tmp_path / "configs").mkdir()
    (tmp_path / "subfolders" / "below").mkdir(parents=True)
    for name in ("model.yaml", "text.txt", "a b.yaml", ".hidden", "configs/nano.yml"):
        (tmp_path / name).touch()
    return (tmp_path / "training.yaml").as_uri()


@pytest.mark.parametrize("case", cases("paths"))
def test_case(case: Case, uri: str) -> None:
    files = Files(Session())
    found = complete(analyze(case.text, uri), case.offset, None, partial(files.entries, uri))
    at = case.text.count("\n", 0, case.offset)
    line = apply_edits(case.text, (found[0].edit,)).splitlines()[at].strip()
    offers = " ".join(one.label for one in found)
    assert [("offers", offers), ("becomes", line)] == list(case.expectations)


def test_a_slash_offers_only_paths(uri: str) -> None:
    text = "training_config:\n  save_strategy: /\n"
    assert complete(analyze(text, uri), len(text) - 1, "/", lambda _: ()) == ()
    text = "training_config:\n  model_config: nowhere/\n"
    assert complete(analyze(text, uri), len(text) - 1, "/", lambda _: ()) == ()


def test_without_files_the_examples_are_offered(uri: str) -> None:
    text = "training_config:\n  model_config: "
    found = complete(analyze(text, uri), len(text), None, lambda _: ())
    assert [one.label for one in found] == ["model_configs/model.yaml"]
