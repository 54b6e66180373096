"""Model files with a `model_path`: the folder's config is used, and its problems are reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trainsmith_server.document.result import Analysis
from trainsmith_server.features.diagnostics import diagnostics
from trainsmith_server.features.hover import hover
from trainsmith_server.features.inlay_hints import inlay_hints
from trainsmith_server.features.references import reference_at
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.workspace.references import Files

GPT2: dict[str, Any] = {
    "model_type": "gpt2",
    "vocab_size": 50257,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_positions": 1024,
}
RECIPE = "training_config:\n  model_config: model.yaml\n"
MODEL = "transformer_config:\n  model_path: base\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    _describe(tmp_path)
    return tmp_path


def _describe(project: Path, **changes: Any) -> None:
    text = json.dumps({**GPT2, **changes})
    (project / "base/config.json").write_text(text, encoding="utf-8")


def _read(project: Path, name: str, text: str) -> tuple[Files, Analysis]:
    (project / name).write_text(text, encoding="utf-8")
    return Files(), analyze(text, (project / name).as_uri())


def _hints(files: Files, analysis: Analysis) -> list[str]:
    span, models = (0, len(analysis.text)), files.models(analysis)
    return [hint.text for hint in inlay_hints(files.whole(analysis), span, models)]


def _said(files: Files, analysis: Analysis) -> list[tuple[str, str, str]]:
    return [
        (one.code, analysis.text[slice(*one.span)], one.message)
        for one in diagnostics(analysis, files)
        if one.severity in ("error", "warning")
    ]


def test_the_size_is_that_of_the_folder(project: Path) -> None:
    files, model = _read(project, "model.yaml", MODEL)
    assert _hints(files, model) == ["124 M parameters, 1.99 GB to train"]
    shown = hover(files.whole(model), MODEL.index("base"))
    assert shown
    assert "**Model** · `gpt2`, 12 layers, width 768, 12 heads, context 1,024" in shown.markdown
    files, recipe = _read(project, "training.yaml", RECIPE)
    assert "124 M parameters, about 6.84 GB to train" in _hints(files, recipe)
    assert _said(files, model) == _said(files, recipe) == []


def test_a_folder_that_has_changed_is_read_again(project: Path) -> None:
    files, model = _read(project, "model.yaml", MODEL)
    assert _hints(files, model) == ["124 M parameters, 1.99 GB to train"]
    _describe(project, n_layer=1, added="so that the size differs too")
    assert _hints(files, model) == ["46.5 M parameters, 744 MB to train"]


def test_the_path_links_to_config_json(project: Path) -> None:
    files, model = _read(project, "model.yaml", MODEL)
    reference = reference_at(model, MODEL.index("base") + 1)
    assert reference
    assert files.find(model.uri, reference.written) == project / "base/config.json"


MISTAKES: dict[str, tuple[str, dict[str, Any], tuple[str, str, str]]] = {
    "no folder": (
        "  model_path: nowhere",
        {},
        ("model-path-not-found", "nowhere", "names no model: looked for `nowhere/config.json` in"),
    ),
    "another family": (
        "  model_path: base",
        {"model_type": "unheard_of"},
        ("model-path-unreadable", "base", '`model_type` is "unheard_of" in config.json; only gpt2'),
    ),
    "another width": (
        "  model_path: base\n  embedding_dim: 64",
        {},
        ("contradiction", "64", "`embedding_dim` is 64, and the model in `model_path` has 768"),
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_reported_once_and_hides_numbers_from_defaults(
    case: str, project: Path
) -> None:
    lines, changes, (code, span, message) = MISTAKES[case]
    _describe(project, **changes)
    files, model = _read(project, "model.yaml", f"transformer_config:\n{lines}\n")
    [found] = _said(files, model)
    assert found[:2] == (code, span)
    assert message in found[2]
    assert _hints(files, model) == []
    files, recipe = _read(project, "training.yaml", RECIPE)
    assert not [hint for hint in _hints(files, recipe) if "parameters" in hint]
    errors = [] if code == "model-path-not-found" else ["model-file-problems"]
    assert [code for code, *_ in _said(files, recipe)] == errors


def test_it_can_be_ignored(project: Path) -> None:
    ignored = "  model_path: nowhere  # trainsmith: ignore[model-path-not-found]"
    files, model = _read(project, "model.yaml", f"transformer_config:\n{ignored}\n")
    assert _said(files, model) == []


def test_folders_of_other_trainers_are_not_read(project: Path) -> None:
    files, model = _read(project, "model.yaml", f"# trainsmith: profile=tt-train\n{MODEL}")
    (project / "base/config.json").unlink()
    assert _said(files, model) == []


LORA = (
    RECIPE + "  learning_rate: 0.002\nlora_config:\n  r: 16\n  target_modules: [c_attn, q_proj]\n"
)


def test_lora_is_checked_and_counted_with_the_folder(project: Path) -> None:
    (project / "model.yaml").write_text(MODEL, encoding="utf-8")
    files, recipe = _read(project, "training.yaml", LORA)
    rate, target = sorted(_said(files, recipe), key=lambda one: one[0] != "lr-too-high")
    assert rate[:2] == ("lr-too-high", "0.002")
    assert "a usual rate for LoRA" in rate[2]
    assert target == (
        "lora-target-unknown",
        "q_proj",
        "`target_modules` has `q_proj`, which is no linear layer of a gpt2's blocks: they are "
        "`c_attn`, `c_proj` and `c_fc`",
    )
    files, recipe = _read(project, "training.yaml", LORA.replace(", q_proj", ""))
    # Each of the 12 layers maps 768 numbers to 2,304.
    hint = next(one for one in _hints(files, recipe) if "trains" in one)
    assert hint.startswith("trains 590 k of 124 M, about ")


def test_lora_needs_a_folder(project: Path) -> None:
    (project / "model.yaml").write_text("transformer_config: {num_blocks: 2}\n", encoding="utf-8")
    files, recipe = _read(project, "training.yaml", RECIPE + "lora_config:\n  r: 16\n")
    assert [one[:2] for one in _said(files, recipe)] == [("lora-without-base", "lora_config")]
