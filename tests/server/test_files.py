"""Finding and reading the files that a document names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainsmith_schemas import paths
from trainsmith_server.document.diagnostics import MOST_RELATED
from trainsmith_server.features.diagnostics import diagnostics
from trainsmith_server.features.references import references as references_in
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lint.report import MAX_DIAGNOSTICS
from trainsmith_server.workspace import references
from trainsmith_server.workspace.open_documents import Change, Session
from trainsmith_server.workspace.references import Files
from trainsmith_server.workspace.runs import Runs

MODEL = "transformer_config:\n  num_heads: 2\n"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    found = Files(Session())
    found.folders = (tmp_path,)
    (tmp_path / "configs").mkdir()
    return found


def _write(path: Path, text: str = MODEL) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_documents_folder_comes_first(files: Files, tmp_path: Path) -> None:
    uri = (tmp_path / "configs" / "training.yaml").as_uri()
    assert files.find(uri, "model.yaml") is None
    around = _write(tmp_path / "model.yaml")
    assert files.find(uri, "model.yaml") == around
    assert files.find(uri, "../model.yaml") == around
    beside = _write(tmp_path / "configs" / "model.yaml")
    assert files.find(uri, "model.yaml") == beside
    assert files.find(uri, str(around)) == around


def test_only_workspace_folders_around_the_document_are_searched(
    files: Files, tmp_path: Path
) -> None:
    _write(tmp_path / "model.yaml")
    assert files.find("file:///elsewhere/training.yaml", "model.yaml") is None


def test_tt_metal_root(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = (tmp_path / "configs" / "training.yaml").as_uri()
    model = _write(tmp_path / "model.yaml")
    monkeypatch.delenv("TT_METAL_RUNTIME_ROOT", raising=False)
    assert files.find(uri, "${TT_METAL_RUNTIME_ROOT}/model.yaml") is None
    monkeypatch.setenv("TT_METAL_RUNTIME_ROOT", str(tmp_path))
    assert files.find(uri, "${TT_METAL_RUNTIME_ROOT}/model.yaml") == model
    assert files.find(uri, "$TT_METAL_RUNTIME_ROOT/model.yaml") == model
    monkeypatch.setenv("HOME", str(tmp_path))
    assert files.find(uri, "${HOME}/model.yaml") is None


@pytest.mark.parametrize("written", ["", ".", "x" * 5000, "a\0b", "configs"])
def test_paths_that_are_not_files(files: Files, tmp_path: Path, written: str) -> None:
    assert files.find((tmp_path / "training.yaml").as_uri(), written) is None


ELSEWHERE = f"""\
training_config:
  data_path: [/net/host/text.txt, "/net/host/*.txt", "**/../../{"../" * 20}net/host/x*/y"]
  validation_path: {"../" * 20}net/host/text.txt
  model_config: /net/host/model.yaml
  tokenizer_path: /Network/Servers/other/tokenizer.json
  chat_template: //net/host/chat_template.jinja
  checkpoint_dir: /net/host/runs
---
transformer_config:
  model_path: /net/host/model
"""


@pytest.mark.skipif(os.name == "nt", reason="other machines have other names there")
@pytest.mark.parametrize("home", [False, True])
def test_other_machines_are_not_contacted(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: bool
) -> None:
    touched: set[str] = set()

    def recorded(function: Callable[..., Any]) -> Callable[..., Any]:
        def record(path: Any, *arguments: Any, **named: Any) -> Any:
            if isinstance(path, str | Path):
                touched.add(os.path.normpath(path))
            return function(path, *arguments, **named)

        return record

    for name in ("stat", "scandir", "open"):
        monkeypatch.setattr(os, name, recorded(getattr(os, name)))
    if home:
        files.folders = (Path("/net/host/work"),)
    uri = (Path("/net/host/work") if home else tmp_path).joinpath("training.yaml").as_uri()
    recipe, model = (analyze(text, uri) for text in ELSEWHERE.split("---\n"))
    found = [*diagnostics(recipe, files), *diagnostics(files.whole(model), files)]
    files.models(recipe)
    files.data(recipe)
    assert not files.absent(uri, ["/net/host/text.txt"]) or home
    for one in references_in(recipe):
        files.find(uri, one.written)
        files.entries(uri, one.written)
    runs = Runs().of(tmp_path, files.places(uri, "/net/host/runs"))
    assert runs == []
    assert any(path.startswith("/net/host") for path in touched) == home
    assert not any(path.startswith("/Network") for path in touched)
    messages = [one.message for one in found if "may be on another machine" in one.message]
    assert len(messages) == (1 if home else 7)


def test_problems_with_another_file_are_limited(files: Files, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text("transformer_config:\n  model_type: llama\n")
    names = ", ".join(f"layer_{number}" for number in range(5000))
    recipe = (
        "training_config:\n  model_config: model.yaml\n  max_steps: 1\n"
        f"lora_config:\n  target_modules: [{names}]\n"
    )
    analysis = analyze(recipe, (tmp_path / "training.yaml").as_uri())
    assert len(diagnostics(analysis, files)) <= 2 * MAX_DIAGNOSTICS


def test_places_in_other_files_are_limited(tmp_path: Path) -> None:
    """300 recipes in a file, and a model file with 300 errors, do not make 90,000 places."""
    session = Session()
    files = Files(session)
    wrong = ", ".join(["none"] * 310)
    (tmp_path / "model.yaml").write_text(f"transformer_config:\n  layer_types: [{wrong}]\n")
    recipes = "training_config: {max_steps: 1, model_config: model.yaml}\n---\n" * 300
    recipe, model = ((tmp_path / name).as_uri() for name in ("recipe.yaml", "model.yaml"))
    session.open(recipe, 1, recipes)
    session.open(model, 1, (tmp_path / "model.yaml").read_text())
    for uri in (recipe, model):
        for part in session.parts(uri)[:20]:
            assert all(len(one.related) <= MOST_RELATED for one in diagnostics(part, files))


def test_an_untitled_document_has_no_folder(files: Files) -> None:
    assert files.find("untitled:Untitled-1", "model.yaml") is None


def test_a_model_is_read_again_when_it_changes(tmp_path: Path) -> None:
    session = Session()
    files = Files(session)
    uri, model = (tmp_path / "training.yaml").as_uri(), _write(tmp_path / "model.yaml")
    session.open(uri, 1, "training_config:\n  model_config: model.yaml\n")

    def model_text() -> str:
        analysis = session.analysis(uri)
        assert analysis
        return files.models(analysis)["model.yaml"].text

    assert model_text() == MODEL
    first = model.stat()
    _write(model, MODEL.replace("2", "4"))
    os.utime(model, ns=(first.st_atime_ns, first.st_mtime_ns + 1))
    assert model_text() == MODEL.replace("2", "4")

    session.open(model.as_uri(), 1, MODEL)
    assert model_text() == MODEL
    session.change(model.as_uri(), 2, [Change(None, "# empty\n")])
    assert model_text() == "# empty\n"
    assert files.naming(model.as_uri()) == [uri]


def _found(folder: Path, *patterns: str) -> list[tuple[str, str]]:
    """The severities and messages about some `data_path`."""
    uri = (folder / "training.yaml").as_uri()
    text = f"training_config:\n  data_path: {list(patterns)}\n"
    files = Files(Session())
    assert set(files.absent(uri, patterns)) <= set(patterns)
    found = diagnostics(analyze(text, uri), files)
    return [(one.severity, one.message) for one in found if one.code == "data-path-not-found"]


def test_patterns_with_any_depth_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").touch()
    assert _found(tmp_path, "**/*.txt", "a/*/c.txt") == []
    [(severity, message)] = _found(tmp_path, "**/*.txt", "**/*.jsonl")
    assert severity == "warning"
    assert message.startswith("`data_path` names no file: looked for `**/*.jsonl`")


def test_what_is_not_searched_to_an_end_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "_MOST_SEARCHED", 50)
    listed = 0

    def scandir(folder: str) -> Any:
        nonlocal listed
        listed += 1
        return real(folder)

    real = os.scandir
    monkeypatch.setattr(paths.os, "scandir", scandir)
    patterns = [f"/**/{number}.txt" for number in range(100)]
    found = _found(tmp_path, *patterns)
    assert len(found) == 100
    assert {severity for severity, _ in found} == {"information"}
    assert found[0][1] == (
        "it is not known whether files match `/**/0.txt`: it covers more than 50 files and "
        "folders; write a narrower pattern to have it checked"
    )
    assert listed < 200, "the patterns of a document share one bound"


def test_a_list_of_too_many_paths_is_one_diagnostic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def is_file(_path: Path) -> bool:
        nonlocal looked
        looked += 1
        return False

    monkeypatch.setattr(references, "is_file", is_file)
    uri = (tmp_path / "training.yaml").as_uri()
    analysis = analyze(f"training_config:\n  data_path: {['x*'] * (paths.MOST_PATHS + 1)}\n", uri)
    files = Files(Session())
    [found] = [one for one in diagnostics(analysis, files) if one.severity == "error"]
    assert found.code == "out-of-range"
    assert "has 1,001 paths, expected at most 1,000: write patterns" in found.message
    assert files.data(analysis) == {}
    assert looked == 0


def test_the_search_for_a_file_ends_at_the_first_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(references, "_MOST_SEARCHED", 5)
    for number in range(50):
        (tmp_path / f"{number}.txt").touch()
    assert _found(tmp_path, "*.txt") == []


def test_a_binary_file_is_not_a_model_file(tmp_path: Path) -> None:
    session = Session()
    uri = (tmp_path / "training.yaml").as_uri()
    session.open(uri, 1, "training_config:\n  model_config: model.bin\n")
    (tmp_path / "model.bin").write_bytes(b"\xff\xfe\x00")
    analysis = session.analysis(uri)
    assert analysis
    assert Files(session).models(analysis) == {}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "model.yaml", MODEL + "#" * 1_000_000)
    assert Files().on_disk(path.as_uri()) is None


def test_an_error_in_a_model_file_refers_to_the_recipe_that_names_it(tmp_path: Path) -> None:
    session = Session()
    files = Files(session)
    uri, model = (tmp_path / "training.yaml").as_uri(), tmp_path / "model.yaml"
    _write(model, "transformer_config:\n  num_heads: four\n")
    recipe = "training_config:\n  model_config: model.yaml\n"
    session.open(uri, 1, recipe)
    session.open(model.as_uri(), 1, model.read_text(encoding="utf-8"))
    analysis = session.analysis(model.as_uri())
    assert analysis
    [diagnostic] = diagnostics(analysis, files)
    [related] = diagnostic.related
    assert related.source
    assert (related.source.uri, recipe[slice(*related.span)]) == (uri, "model.yaml")
