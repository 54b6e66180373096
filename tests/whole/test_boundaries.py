"""The import boundaries are kept, and a forbidden import is reported."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "schemas", "server", "system", "trainer")


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    path = ":".join(str(folder / package) for package in PACKAGES)
    return subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_boundaries_are_kept() -> None:
    result = _lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("schemas/trainsmith_schemas/base.py", "import yaml"),
        ("system/trainsmith_system/text.py", "import trainsmith_schemas"),
        ("server/trainsmith_server/lsp/server.py", "import torch"),
        ("server/trainsmith_server/rules/lr_too_high.py", "import pygls"),
        (
            "server/trainsmith_server/document/diagnostics.py",
            "import trainsmith_server.document.result",
        ),
        ("server/trainsmith_server/lsp/server.py", "import trainsmith_server.lsp.handlers.rename"),
        (
            "server/trainsmith_server/lsp/handlers/hover.py",
            "import trainsmith_server.lsp.handlers.rename",
        ),
        ("server/trainsmith_server/yaml/tree.py", "import trainsmith_server.document.bind"),
        ("server/trainsmith_server/command_line/check.py", "import trainsmith_trainer"),
        ("trainer/trainsmith_trainer/run/loop.py", "import torch"),
        ("trainer/trainsmith_trainer/data/tokenizer.py", "import torch"),
        ("trainer/trainsmith_trainer/run/plan.py", "import trainsmith_trainer.run.prepare"),
        ("trainer/trainsmith_trainer/history/plots.py", "import trainsmith_trainer.report.curves"),
        (
            "trainer/trainsmith_trainer/backends/registry.py",
            "import trainsmith_trainer.backends.torch",
        ),
        (
            "trainer/trainsmith_trainer/backends/tape/tape.py",
            "import trainsmith_trainer.backends.numpy",
        ),
        ("trainer/trainsmith_trainer/backends/tape/functions.py", "import torch"),
        (
            "trainer/trainsmith_trainer/backends/torch/backend.py",
            "import trainsmith_trainer.backends.numpy",
        ),
        ("trainer/trainsmith_trainer/run/training.py", "import trainsmith_server"),
    ],
)
def test_a_forbidden_import_is_reported(tmp_path: Path, file: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package)
    target = tmp_path / file
    target.write_text(target.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    result = _lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout
