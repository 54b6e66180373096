"""The files written by `npm run new:…` pass their checks and tests, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "schemas", "server", "system", "trainer")
COPIED = (*PACKAGES, "examples", "extension", "scripts", "tests", "walkthroughs")
FILES = ("pyproject.toml", "package.json", "tsconfig.json", "vitest.config.mts")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "checkpoints", "experiments.md")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the repository that shares the installed dependencies."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=LEFT_OUT)
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    for name in (".venv", "node_modules"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    return tmp_path


def _new(checkout: Path, kind: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["node", "scripts/new.mjs", kind, *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def _run(checkout: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(checkout / package) for package in PACKAGES)
    return subprocess.run(
        command,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def _succeeds(checkout: Path, *command: str | Path) -> str:
    result = _run(checkout, *command)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _tool(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def test_a_new_rule_passes_ruff_and_its_examples_run(checkout: Path) -> None:
    result = _new(checkout, "rule", "brand-new")
    assert result.returncode == 0, result.stderr
    file = checkout / "server/trainsmith_server/rules/brand_new.py"
    assert str(file.relative_to(checkout)) in result.stdout
    _succeeds(checkout, _tool("ruff"), "check", file)
    _succeeds(checkout, _tool("ruff"), "format", "--check", file)
    pytest_ = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    output = _succeeds(checkout, *pytest_, "tests/server/test_rules.py", "-k", "brand-new")
    assert "passed" in output


def test_a_new_lesson_passes_the_tests_of_lessons(checkout: Path) -> None:
    result = _new(checkout, "lesson", "Brand New")
    assert result.returncode == 0, result.stderr
    [folder] = (checkout / "walkthroughs").glob("*-brand-new")
    vitest = ("node", "node_modules/vitest/vitest.mjs", "run", "tests/walkthroughs")
    output = _succeeds(checkout, *vitest, "-t", f"{folder.name}|Brand New(?!.? is finished)")
    assert "passed" in output


def test_a_new_family_is_registered_typed_and_refused(checkout: Path) -> None:
    result = _new(checkout, "family", "brandnew", "Brand New")
    assert result.returncode == 0, result.stderr
    families = checkout / "schemas/trainsmith_schemas/families"
    models = checkout / "trainer/trainsmith_trainer/backends/torch/models"
    assert "families/brandnew/fields.py" in result.stdout
    assert 'title="Brand New"' in (families / "brandnew/family.py").read_text(encoding="utf-8")
    _succeeds(checkout, _tool("ruff"), "check", families, models)
    _succeeds(checkout, _tool("ruff"), "format", "--check", families, models)
    _succeeds(checkout, _tool("pyright"), families / "registry.py", models / "__init__.py")
    sample = checkout / "examples/shakespeare"
    for file in (sample / "model_configs").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        text = re.sub(r"model_type: .*", "model_type: brandnew", text)
        file.write_text(text, encoding="utf-8")
    for options in (["--dry-run"], ["--smoke"]):
        train = [sys.executable, "-m", "trainsmith", "train", str(sample / "training.yaml")]
        result = _run(checkout, *train, *options)
        assert result.returncode == 1
        assert "does not train `model_type` brandnew" in result.stdout + result.stderr


def test_a_new_backend_is_registered_and_refused(checkout: Path) -> None:
    result = _new(checkout, "backend", "brandnew")
    assert result.returncode == 0, result.stderr
    backends = checkout / "trainer/trainsmith_trainer/backends"
    _succeeds(checkout, _tool("ruff"), "check", backends)
    _succeeds(checkout, _tool("ruff"), "format", "--check", backends)
    program = (
        "from trainsmith_trainer.backends.registry import BACKENDS, BackendError, choose_backend\n"
        "try: choose_backend('brandnew')\n"
        "except BackendError as error: print(error)\n"
        "print(list(BACKENDS), choose_backend().name)\n"
    )
    lines = _succeeds(checkout, sys.executable, "-c", program).splitlines()
    assert lines == [
        "the backend `brandnew` cannot train here: it is not finished; use `--backend torch`; "
        "`trainsmith devices` shows what there is",
        "['ttnn', 'torch', 'numpy', 'brandnew'] torch",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("rule", "lr-too-high", "exists already"),
        ("rule", "LrTooHigh", "is not a name"),
        ("rule", "../escape", "is not a name"),
        ("lesson", "Change One Thing", "exists already"),
        ("lesson", "a: b", "is not a title"),
        ("family", "llama", "exists already"),
        ("backend", "torch", "exists already"),
        ("backend", "Jax", "is not a name"),
        ("recipe", "x", "Usage"),
    ],
)
def test_a_name_that_exists_or_is_invalid_is_refused(kind: str, name: str, message: str) -> None:
    result = _new(ROOT, kind, name)
    assert result.returncode == 1
    assert message in result.stderr
