"""Recipes for an empty file, and the boards' device sections."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from support import CURSOR

from trainsmith_server.document.diagnostics import apply_edits
from trainsmith_server.features.completion import Candidate, complete
from trainsmith_server.features.templates import DEVICE_SECTIONS, RECIPES, Template, snippet_of
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lsp import convert
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.references import Files

NAMES = [one.label for one in RECIPES]
BOARDS = [one.label for one in DEVICE_SECTIONS]


DATA, FOLDER = "data/text.txt", "model_configs/"
MODEL = f"{FOLDER}model.yaml"


def _templates(marked: str) -> dict[str, Candidate]:
    offset = marked.index(CURSOR)
    found = complete(analyze(marked.replace(CURSOR, "")), offset)
    return {one.label: one for one in found if one.kind == "template"}


@pytest.mark.parametrize("template", RECIPES, ids=lambda one: one.label)
def test_a_recipe_has_no_diagnostics(template: Template) -> None:
    analysis = analyze(template.text)
    [known] = analysis.documents
    assert known.kind.name == "training"
    assert known.profile.name == "trainsmith"
    assert analysis.diagnostics == ()


@pytest.mark.parametrize("section", DEVICE_SECTIONS, ids=lambda one: one.label)
def test_a_device_section_has_no_diagnostics(section: Template) -> None:
    marked = f"training_config:\n  batch_size: 32\n\n{CURSOR}\n"
    edit = _templates(marked)[section.label].edit
    analysis = analyze(apply_edits(marked.replace(CURSOR, ""), (edit,)))
    assert analysis.diagnostics == ()
    assert analysis.documents[0].data["device_config"]["mesh_shape"][0] == 1


@pytest.mark.parametrize(
    ("marked", "labels"),
    [
        (CURSOR, NAMES),
        (f"# My run\n{CURSOR}\n", NAMES),
        (f"tr{CURSOR}", NAMES),
        (f"training_config:\n  seed: 1\n{CURSOR}", BOARDS),
        (f"training_config:\n  seed: 1\ndev{CURSOR}", BOARDS),
        (f"training_config:\n  {CURSOR}\n", []),
        (f"training_config:\n  seed: 1\ndevice_config:\n  mesh_shape: [1, 1]\n{CURSOR}", []),
        (f"training_config:\n  seed: 1\ndev{CURSOR}: 1\n", []),
        (f"transformer_config:\n  num_heads: 2\n{CURSOR}", []),
        (f"jobs:\n  build: 1\n{CURSOR}", []),
        (f"a: 1\n---\n{CURSOR}", []),
    ],
)
def test_where_they_are_offered(marked: str, labels: list[str]) -> None:
    assert list(_templates(marked)) == labels


@pytest.mark.parametrize(
    ("files", "data", "model"),
    [
        ({}, DATA, MODEL),
        ({"a.txt": "", "m.yaml": "model"}, "a.txt", "m.yaml"),
        ({"data/a.jsonl": "", "model_configs/m.yaml": "model"}, "data/a.jsonl", f"{FOLDER}m.yaml"),
        ({"a.txt": "", "requirements.txt": ""}, "a.txt", MODEL),
        ({"a.txt": "", "b.txt": "", "m.yaml": ""}, DATA, MODEL),
        ({"a b.txt": "", "a.py": "", "run.yaml": "recipe"}, DATA, MODEL),
    ],
)
def test_a_recipe_names_the_only_files(
    files: dict[str, str], data: str, model: str, tmp_path: Path
) -> None:
    texts = {"model": "transformer_config:\n", "recipe": "training_config:\n", "": "x"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(texts[text], encoding="utf-8")
    uri = (tmp_path / "new.yaml").as_uri()
    list_folder = partial(Files(Session()).entries, uri)
    first = next(iter(complete(analyze("", uri), 0, None, list_folder)))
    known = analyze(first.edit.new_text).documents[0]
    training = known.data["training_config"]
    assert (training["data_path"], training["model_config"]) == (data, model)
    assert first.documentation == f"```yaml\n{first.edit.new_text.rstrip()}\n```"
    assert f'data_path: "${{1:{data}}}"' in first.snippet
    assert f'model_config: "${{2:{model}}}"' in first.snippet


@pytest.mark.parametrize("snippets", [True, False])
def test_snippets_are_for_editors_that_support_them(snippets: bool) -> None:
    analysis = analyze("")
    accepted = convert.Accepted(snippets=snippets)
    first = convert.completion(complete(analysis, 0), analysis, "utf-16", accepted).items[0]
    kinds = lsp.InsertTextFormat
    assert first.insert_text_format == (kinds.Snippet if snippets else kinds.PlainText)
    assert first.text_edit
    assert ("${1:" in first.text_edit.new_text) == snippets


def test_a_snippet_has_no_stops_but_those_of_paths() -> None:
    assert snippet_of("a: ${x} \\ # }") == "a: \\${x\\} \\\\ # \\}"


@pytest.mark.parametrize(
    ("path", "is_offered"),
    [
        ("new.yaml", True),
        ("recipes/compose_music.yaml", True),
        (".github/workflows/build.yml", False),
        ("k8s/job.yaml", False),
        ("docker-compose.yml", False),
        ("docker-compose.test.yaml", False),
        ("compose.yaml", False),
        ("mkdocs.yml", False),
        (".pre-commit-config.yaml", False),
        ("Chart.yaml", False),
    ],
)
def test_nothing_is_offered_in_empty_files_of_other_tools(path: str, is_offered: bool) -> None:
    found = complete(analyze("", f"file:///home/me/{path}"), 0)
    assert bool(found) == is_offered


def test_a_recipe_in_a_folder_of_another_tool_has_completions() -> None:
    text = "training_config:\n  "
    assert complete(analyze(text, "file:///home/me/.github/a.yaml"), len(text))
