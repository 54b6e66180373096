"""The repository's files for other programs are valid, and the names in them exist."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
HOOKS = ROOT / ".pre-commit-config.yaml"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def _load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _manifest() -> Any:
    return json.loads((ROOT / "package.json").read_text(encoding="utf-8"))


def _packaged_pythons() -> list[str]:
    text = (ROOT / "scripts" / "lib" / "wheels.mjs").read_text(encoding="utf-8")
    found = re.search(r"PYTHONS = \[(.*)\]", text)
    assert found
    return re.findall(r'"([\d.]+)"', found[1])


@pytest.mark.parametrize(
    "file", [file for file in FORMS if file.name != "config.yml"], ids=lambda file: file.name
)
def test_an_issue_form_has_the_required_fields(file: Path) -> None:
    form = _load(file)
    assert {"name", "description", "body"} <= set(form)
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids))
    for part in form["body"]:
        assert part["type"] in {"textarea", "input", "dropdown", "checkboxes", "markdown"}
        assert part["attributes"]["label"]


def test_the_workflow_runs_scripts_that_exist() -> None:
    jobs = _load(WORKFLOW)["jobs"]
    lines = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    for line in lines:
        if line.startswith("npm run "):
            assert line.split()[2] in _manifest()["scripts"]
        elif not line.startswith("npm test"):
            assert (ROOT / line).is_file()
    assert ".ci/run" in lines


def test_the_workflow_covers_every_platform_and_python() -> None:
    matrix = _load(WORKFLOW)["jobs"]["suites"]["strategy"]["matrix"]
    assert matrix["python"] == _packaged_pythons()
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_hooks_run_the_tools_of_the_checkout() -> None:
    [repository] = _load(HOOKS)["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        program, script, tool, *_ = hook["entry"].split()
        assert (program, script) == ("node", "scripts/hook.mjs")
        result = subprocess.run(
            [program, script, tool, "--version"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr


def test_the_devcontainer_names_a_dockerfile_and_a_script() -> None:
    folder = ROOT / ".devcontainer"
    container = json.loads((folder / "devcontainer.json").read_text(encoding="utf-8"))
    assert (folder / container["build"]["dockerfile"]).is_file()
    assert container["postCreateCommand"].removeprefix("npm run ") in _manifest()["scripts"]


def test_the_files_that_quick_leaves_out_exist() -> None:
    text = (ROOT / "scripts" / "test.mjs").read_text(encoding="utf-8")
    left_out = re.search(r"SLOW_PYTHON = \[(.*?)\]", text, re.DOTALL)
    assert left_out
    files = re.findall(r'"(.*?)"', left_out[1])
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_the_guides_name_tests_that_exist() -> None:
    guides = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    named = {
        (guide.name, path)
        for guide in guides
        for path in re.findall(r"`(tests/[\w./-]+)`", guide.read_text(encoding="utf-8"))
    }
    assert ("SECURITY.md", "tests/system/test_text.py") in named
    assert [one for one in sorted(named) if not (ROOT / one[1]).exists()] == []
