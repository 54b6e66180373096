"""`trainsmith check` also checks the files that a recipe names, as the editor does."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from trainsmith_server.command_line.cli import check

RECIPE = "training_config:\n  max_steps: 5\n  model_config: model.yaml\n"
TT_TRAIN = "# trainsmith: profile=tt-train\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("TT_METAL_RUNTIME_ROOT", "TT_METAL_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "configs").mkdir()
    return tmp_path


def _codes(text: str, path: str = "configs/training.yaml") -> list[str]:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
    printed = CliRunner().invoke(check, ["--format", "json", path]).stdout
    codes = [one["code"] for one in json.loads(printed)]
    return [code for code in codes if code not in ("seed-missing", "data-path-missing")]


def test_a_missing_model_file(project: Path) -> None:
    assert _codes(RECIPE) == ["model-config-not-found"]
    said = CliRunner().invoke(check, ["configs/training.yaml"]).stdout
    assert f"looked for `model.yaml` in `{project / 'configs'}` and `{project}`" in said
    # Like the trainer, it then searches the working directory.
    (project / "model.yaml").write_text("transformer_config: {num_heads: 2}\n", encoding="utf-8")
    assert _codes(RECIPE) == []
    ignored = RECIPE.replace("yaml\n", "yaml.old # trainsmith: ignore[model-config-not-found]\n")
    assert _codes(ignored) == []


def test_missing_data(project: Path) -> None:
    assert _codes("training_config:\n  data_path: text.txt\n") == ["data-path-not-found"]
    (project / "configs" / "text.txt").write_text("words", encoding="utf-8")
    assert _codes("training_config:\n  data_path: text.txt\n") == []


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("data/*.txt", []),
        ("[data/a.txt, 'data/*.jsonl']", []),
        ("data/**/*.txt", []),
        ("data/*.md", ["data-path-not-found"]),
        ("\n  - data/a.txt\n  - data/b.txt", ["data-path-not-found"]),
        ("data", ["data-path-not-found"]),
        ("[]", ["wrong-type"]),
        ("{a: 1}", ["wrong-type"]),
    ],
)
def test_patterns_and_lists_of_data(project: Path, written: str, codes: list[str]) -> None:
    (project / "data").mkdir()
    for name in ("a.txt", "a.jsonl"):
        (project / "data" / name).write_text("words", encoding="utf-8")
    for key in ("data_path", "validation_path"):
        assert _codes(f"training_config:\n  {key}: {written}\n") == codes


def test_a_missing_tokenizer(project: Path) -> None:
    recipe = "training_config:\n  validation_frequency: 5\n  tokenizer_path: tokenizer.json\n"
    assert _codes(recipe) == ["tokenizer-path-not-found"]
    (project / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert _codes(recipe) == []


def test_errors_of_a_model_file_are_shown_with_their_place(project: Path) -> None:
    model = project / "configs" / "model.yaml"
    model.write_text("transformer_config:\n  num_heads: four\n", encoding="utf-8")
    assert _codes(RECIPE) == ["model-file-problems"]
    said = CliRunner().invoke(check, ["configs/training.yaml"]).stdout
    assert "\n    configs/model.yaml:2:14: `num_heads` is" in said
    arguments = ["--format", "sarif", "configs/training.yaml"]
    log = json.loads(CliRunner().invoke(check, arguments).stdout)
    [result] = [one for one in log["runs"][0]["results"] if "relatedLocations" in one]
    place = result["relatedLocations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "configs/model.yaml"}
    assert place["region"]["startLine"] == 2


@pytest.mark.parametrize(
    ("model", "severity", "code"),
    [
        ("transformer_config:\n  model_type: deepseek\n", "error", 1),
        ("training_config:\n  validation_frequency: 5\n", "error", 1),
        ("# trainsmith: profile=tt-train\ntransformer_config:\n  num_heads: 0\n", "warning", 0),
    ],
)
def test_a_model_file_that_the_trainer_refuses_is_an_error(
    project: Path, model: str, severity: str, code: int
) -> None:
    (project / "configs/model.yaml").write_text(model, encoding="utf-8")
    (project / "configs/training.yaml").write_text(
        f"# trainsmith: profile=trainsmith\n{RECIPE}", encoding="utf-8"
    )
    result = CliRunner().invoke(check, ["configs/training.yaml"])
    assert f"{severity}[model-file-problems]" in result.stdout
    assert result.exit_code == code


def test_files_of_tt_train_are_found_only_with_its_root(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, path = TT_TRAIN + RECIPE, "tt-train/configs/training_configs/a.yaml"
    assert _codes(recipe, path) == []
    monkeypatch.setenv("TT_METAL_RUNTIME_ROOT", str(project))
    assert _codes(recipe, path) == ["model-config-not-found"]
    model = project / "tt-train" / "configs" / "model_configs" / "model.yaml"
    model.parent.mkdir(parents=True)
    model.write_text("transformer_config: {num_heads: 2}\n", encoding="utf-8")
    for spelling in (
        "model.yaml",
        "model_configs/model.yaml",
        "configs/model_configs/model.yaml",
        "${TT_METAL_RUNTIME_ROOT}/tt-train/configs/model_configs/model.yaml",
    ):
        assert _codes(recipe.replace("model.yaml", spelling), path) == [], spelling
    assert _codes(recipe.replace("model.yaml", "${TT_METAL_HOME}/model.yaml"), path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_name_that_is_not_utf_8(project: Path, form: str) -> None:
    Path(os.fsdecode(b"q\xff.yaml")).write_text("training_config:\n  max_steps: none\n")
    printed = CliRunner().invoke(check, ["--format", form, str(project)])
    assert isinstance(printed.exception, SystemExit)
    assert "max_steps" in printed.stdout


EXAMPLES = """
training_config:
  max_steps: 5
  model_config: model.yaml
  data_path: data.jsonl
"""
MODEL = "transformer_config:\n  max_sequence_length: 20\n"


def _lines(*sizes: int, keys: tuple[str, str] = ("prompt", "response")) -> str:
    pairs = ({keys[0]: "a" * (size - 1), keys[1]: "b"} for size in sizes)
    return "".join(json.dumps(one) + "\n" for one in pairs) + "not JSON\n"


@pytest.mark.parametrize(
    ("more", "keys", "says"),
    [
        ("", ("prompt", "response"), "2 of the first 3 examples in `data.jsonl` have more than 20"),
        ("", ("prompt", "completion"), "the longest 90: the run does not start"),
        ("  overlong: skip\n", ("prompt", "response"), "they are left out"),
        ("  tokenizer_path: tokenizer.json\n", ("instruction", "output"), "about 1 of the first 3"),
        ("  sequence_length: 15\n", ("prompt", "response"), "3 of the first 3 examples"),
        ("  columns: {prompt: q, response: a}\n", ("q", "a"), "2 of the first 3 examples"),
        ("  columns: {prompt: x, response: y}\n", ("q", "a"), ""),
        ("", ("text", "note"), ""),
    ],
)
def test_examples_that_are_longer_than_a_sequence(
    project: Path, more: str, keys: tuple[str, str], says: str
) -> None:
    (project / "configs" / "model.yaml").write_text(MODEL, encoding="utf-8")
    data = project / "configs" / "data.jsonl"
    data.write_text(_lines(18, 30, 90, keys=keys), encoding="utf-8")
    assert _codes(EXAMPLES + more).count("examples-too-long") == (1 if says else 0)
    assert says in CliRunner().invoke(check, ["configs/training.yaml"]).stdout


def test_only_some_files_are_measured(project: Path) -> None:
    (project / "configs" / "model.yaml").write_text(MODEL, encoding="utf-8")
    names = [f"{number}.jsonl" for number in range(20)]
    for name in names:
        (project / "configs" / name).write_text(_lines(90), encoding="utf-8")
    recipe = EXAMPLES.replace("data.jsonl", f"[{', '.join(names)}]")
    assert _codes(recipe).count("examples-too-long") == 3


def test_only_the_beginning_of_large_data_is_measured(project: Path) -> None:
    (project / "configs" / "model.yaml").write_text(MODEL, encoding="utf-8")
    data = project / "configs" / "data.jsonl"
    data.write_text(_lines(*[18] * 30_000, 90), encoding="utf-8")
    assert "examples-too-long" not in _codes(EXAMPLES)
