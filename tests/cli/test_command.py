"""The command `trainsmith`: it starts fast and names missing packages."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from trainsmith_trainer.requirements import LEAST, MODULES, require_modules

ROOT = Path(__file__).parents[2]


def _trainsmith(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in a new Python process, after some code of the test."""
    code = f"{before}\nfrom trainsmith.__main__ import main\nmain(prog_name='trainsmith')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command_and_imports_none_of_them() -> None:
    watch = (
        "import atexit, sys\n"
        "heavy = ('torch', 'pydantic', 'pygls', 'trainsmith_trainer', 'trainsmith_server')\n"
        "atexit.register(lambda: print('loaded:', [m for m in heavy if m in sys.modules]))"
    )
    result = _trainsmith("--help", before=watch)
    assert result.returncode == 0
    commands = re.findall(r"^  (\w+) ", result.stdout.partition("Commands:")[2], re.MULTILINE)
    assert {"check", "train", "generate", "lsp"} <= set(commands)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in commands if f"| `trainsmith {command}" not in readme] == []
    assert "loaded: []" in result.stdout


@pytest.mark.parametrize(("module", "option"), [("torch", "--smoke"), ("numpy", "--dry-run")])
def test_missing_module_is_named_with_its_install_command(module: str, option: str) -> None:
    hide = (
        "import importlib.util as util, sys\n"
        "real = util.find_spec\n"
        f"util.find_spec = lambda name, *rest: None if name == '{module}' else real(name, *rest)\n"
        f"sys.modules['{module}'] = None"
    )
    result = _trainsmith("train", "examples/shakespeare/training.yaml", option, before=hide)
    assert result.returncode == 1
    assert f"this Python lacks: {module}" in result.stderr
    assert f"-m pip install {module}" in result.stderr
    assert "Traceback" not in result.stderr


def test_required_modules_are_those_of_the_extra() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extra = re.search(r"^train = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    assert extra is not None
    assert tuple(re.findall(r'"([a-z0-9]+)', extra.group(1))) == MODULES
    least = dict(re.findall(r'"([a-z0-9]+)>=([0-9.]+)', project))
    assert {module: least[module] for module in LEAST} == LEAST


def test_an_old_module_is_named_with_the_version_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = {"jinja2": "3.1.5", "torch": "2.13.0+cpu", "numpy": "2.0.0rc1"}
    monkeypatch.setattr(importlib.metadata, "version", installed.__getitem__)
    with pytest.raises(click.ClickException, match=r"newer versions of modules: jinja2>=3\.1\.6\n"):
        require_modules(("jinja2", "torch", "numpy"))


def test_an_unknown_command_is_a_usage_error() -> None:
    result = _trainsmith("trian")
    assert result.returncode == 2
    assert "No such command" in result.stderr
