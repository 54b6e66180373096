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


@pytest.mark.parametrize(
    ("key", "offered"),
    [
        ("data_path", ["b.txt", "e.yaml"]),
        ("model_config", ["d.yaml", "e.yaml"]),
        ("tokenizer_path", ["b.txt", "e.yaml"]),
    ],
)
def test_files_of_another_kind_are_not_offered(
    key: str, offered: list[str], tmp_path: Path
) -> None:
    texts = {
        "a.yaml": "# mine\ntraining_config:\n  seed: 1\ndevice_config:\n",
        "b.txt": "text",
        "c.yaml": "multihost_config:\n  num_workers: 2\n",
        "d.yaml": "transformer_config:\n  num_heads: 2\n",
        "e.yaml": "tokens: [1, 2]\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    uri, written = (tmp_path / "new.yaml").as_uri(), f"training_config:\n  {key}: "
    list_folder = partial(Files(Session()).entries, uri)
    found = complete(analyze(written, uri), len(written), None, list_folder)
    assert [one.label for one in found] == offered


def test_a_slash_offers_only_paths(uri: str) -> None:
    text = "training_config:\n  save_strategy: /\n"
    assert complete(analyze(text, uri), len(text) - 1, "/", lambda _: ()) == ()
    text = "training_config:\n  model_config: nowhere/\n"
    assert complete(analyze(text, uri), len(text) - 1, "/", lambda _: ()) == ()


def test_without_files_the_examples_are_offered(uri: str) -> None:
    text = "training_config:\n  model_config: "
    found = complete(analyze(text, uri), len(text), None, lambda _: ())
    assert [one.label for one in found] == ["model_configs/model.yaml"]
