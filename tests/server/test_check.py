"""`trainsmith check` and its options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deep import deep_folder
from skips import NO_LINKS
from trainsmith_server.command_line import check as checking
from trainsmith_server.command_line.cli import check

BAD = "training_config:\n  learning_rate: 0.01\n  batch_sizes: 3\n"
FIXED = BAD.replace("batch_sizes", "batch_size")
WARNS = "training_config:\n  learning_rate: 0.01\n"


def _check(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(check, [str(one) for one in arguments], input=stdin)


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_bytes(BAD.encode())
    return Path("bad.yaml")


def test_exit_status(bad: Path) -> None:
    assert _check(bad).exit_code == 1
    bad.write_text(WARNS, encoding="utf-8")
    assert _check(bad).exit_code == 0
    assert _check("--strict", bad).exit_code == 1
    missing = _check(bad, "none.yaml")
    assert missing.exit_code == 2
    assert "none.yaml does not exist" in missing.stderr
    assert "lr-too-high" in missing.stdout


def test_text(bad: Path) -> None:
    assert _check(bad).stdout.splitlines()[0].startswith("bad.yaml:2:18: warning[lr-too-high] ")


def test_fix_keeps_line_breaks_permissions_and_links(bad: Path) -> None:
    bad.write_bytes(BAD.replace("\n", "\r\n").encode())
    bad.chmod(0o640)
    link = Path("link.yaml")
    link.symlink_to(bad)
    result = _check("--fix", link)
    assert result.exit_code == 0
    assert bad.read_bytes() == FIXED.replace("\n", "\r\n").encode()
    assert bad.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(path.name for path in Path().iterdir()) == ["bad.yaml", "link.yaml"]


def test_fix_applies_only_safe_fixes(bad: Path) -> None:
    assert "fixed bad.yaml" in _check("--fix", bad).stderr
    assert bad.read_text(encoding="utf-8") == FIXED
    assert "fixed" not in _check("--fix", bad).stderr


def test_diff_changes_nothing(bad: Path) -> None:
    result = _check("--diff", bad)
    assert result.exit_code == 1
    assert result.stdout.endswith("-  batch_sizes: 3\n+  batch_size: 3\n")
    assert bad.read_text(encoding="utf-8") == BAD
    bad.write_text(FIXED, encoding="utf-8")
    assert (_check("--diff", bad).exit_code, _check("--diff", bad).output) == (0, "")
    assert _check("--diff", "--fix", bad).exit_code == 2


def test_a_diff_can_be_applied(bad: Path) -> None:
    bad.write_bytes(BAD.rstrip().encode())
    diff = _check("--diff", bad).stdout
    subprocess.run(["git", "apply", "-p0", "-"], input=diff, text=True, check=True)
    assert bad.read_text(encoding="utf-8") == FIXED.rstrip()


@pytest.mark.skipif(os.name != "posix", reason="no file name has a line break there")
def test_a_diff_of_a_strange_name_changes_no_other_file(bad: Path) -> None:
    name = "x\n--- victim\n+++ victim\n@@ -1 +1 @@\n-safe\n+owned\n.yaml"
    Path(name).write_bytes(BAD.encode())
    diff = _check("--diff", ".", bad).stdout
    headers = [line for line in diff.splitlines() if line.startswith(("--- ", "+++ "))]
    assert headers == [
        *("--- bad.yaml", "+++ bad.yaml"),
        *(f"{sign} {name}".replace("\n", "\\n") for sign in ("---", "+++")),
    ]
    assert "-safe" not in diff.splitlines()


def test_stdin_that_is_too_large_is_refused() -> None:
    result = _check("-", stdin="#" * (10 * 2**20 + 1))
    assert result.exit_code == 2
    assert "can't read stdin: it is larger than 10,485,760 bytes" in result.stderr


def test_stdin(bad: Path) -> None:
    result = _check("-", "--stdin-filename", "x/recipe.yaml", stdin=BAD)
    assert result.exit_code == 1
    assert result.stdout.startswith("x/recipe.yaml:2:18: ")
    result = _check("-", "--fix", stdin=BAD)
    assert (result.exit_code, result.stdout) == (0, FIXED)
    assert "lr-too-high" in result.stderr


def test_a_pattern_enters_no_linked_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "inside" / "configs"
    for one in (outside, folder):
        one.mkdir(parents=True)
        (one / "a.yaml").write_text("training_config:\n  bach_size: 4\n")
    (folder / "linked").symlink_to(outside)
    for name in ("x", "y"):  # Together, they would be an endless tree.
        (folder / name).symlink_to(".")
    monkeypatch.chdir(folder.parent)
    _check("--fix", "configs/**/*.yaml")
    assert "batch_size" in (folder / "a.yaml").read_text()
    assert "bach_size" in (outside / "a.yaml").read_text()


def test_a_pattern_that_covers_too_much_does_not_hide_other_paths(
    bad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_MOST_SEARCHED", 1)
    result = _check("**/*.yaml", bad)
    assert result.exit_code == 2
    assert "**/*.yaml was not checked: 1 entries of folders were searched" in result.stderr
    assert "bad.yaml:2:18" in result.stdout


def test_patterns(bad: Path) -> None:
    Path("deep/er").mkdir(parents=True)
    bad.rename("deep/er/bad.yaml")
    assert "bad.yaml:2:18" in _check("deep/**/*.yaml").stdout
    result = _check("deep/*.yaml")
    assert result.exit_code == 2
    assert "deep/*.yaml matches no file" in result.stderr


def test_the_projects_file(bad: Path) -> None:
    bad.write_text(WARNS, encoding="utf-8")
    project = Path(".trainsmith.yaml")
    project.write_text("rules: {lr-too-high: error}\n", encoding="utf-8")
    assert "error[lr-too-high]" in _check(bad).stdout
    project.write_text("rules: {lr-too-high: off}\nprofile: tt-train\n", encoding="utf-8")
    assert "lr-too-high" not in _check(bad).stdout
    project.write_text("rules:\n  lr-to-high: off\n", encoding="utf-8")
    result = _check(bad)
    assert result.exit_code == 2
    assert ".trainsmith.yaml:2:3: there is no code `lr-to-high`" in result.stderr
    assert "did you mean `lr-too-high`?" in result.stderr


def test_the_profile(bad: Path) -> None:
    bad.write_text("training_config:\n  learning_rate: 0.01\n", encoding="utf-8")
    assert "lr-too-high" in _check(bad).stdout
    assert "lr-too-high" not in _check("--profile", "tt-train-flat", bad).stdout


def test_github(bad: Path) -> None:
    bad.rename("100%, really: bad.yaml")
    lines = _check("--format", "github", "100%, really: bad.yaml").stdout.splitlines()
    assert lines[1] == (
        "::error file=100%25%2C really%3A bad.yaml,line=3,col=3,endColumn=14,title=unknown-key::"
        "`batch_sizes` is not a known key in `training_config`; did you mean `batch_size`?"
    )


def test_sarif(bad: Path) -> None:
    log = json.loads(_check("--format", "sarif", bad).stdout)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    warning, error = run["results"]
    for result in (warning, error):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert (warning["level"], error["level"]) == ("warning", "error")
    place = error["locations"][0]["physicalLocation"]
    region = {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 14}
    assert place == {"artifactLocation": {"uri": "bad.yaml"}, "region": region}
    change = error["fixes"][0]["artifactChanges"][0]
    content = {"deletedRegion": region, "insertedContent": {"text": "batch_size"}}
    assert change == {"artifactLocation": {"uri": "bad.yaml"}, "replacements": [content]}


def test_json(bad: Path) -> None:
    found = json.loads(_check("--format", "json", bad).stdout)
    assert [(one["path"], one["line"], one["code"]) for one in found] == [
        ("bad.yaml", 2, "lr-too-high"),
        ("bad.yaml", 3, "unknown-key"),
    ]


def test_the_process_keeps_bytes_unchanged(bad: Path) -> None:
    program = [sys.executable, "-m", "trainsmith", "check", "-", "--fix"]
    text = BAD.replace("\n", "\r\n").encode()
    result = subprocess.run(program, input=text, capture_output=True, check=False)
    assert result.stdout == FIXED.replace("\n", "\r\n").encode()


def test_folders_of_runs_are_skipped(tmp_path: Path) -> None:
    run = tmp_path / "checkpoints" / "run-001"
    run.mkdir(parents=True)
    (run / "events.jsonl").touch()
    for folder in (tmp_path, run):
        (folder / "training.yaml").write_text(BAD, encoding="utf-8")
    assert "in 1 file" in _check(tmp_path).stdout


@pytest.mark.skipif(os.name != "posix", reason=NO_LINKS)
def test_links_that_lead_in_a_circle_and_deep_folders_do_not_stop_the_rest(bad: Path) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    with deep_folder(Path("deep"), BAD):
        everything, loop = _check("."), _check("loop.yaml", bad)
    assert "2 files" in everything.stdout
    assert everything.exit_code == 1
    assert "can't read loop.yaml" in loop.stderr
    assert "1 file" in loop.stdout
    assert loop.exit_code == 2
