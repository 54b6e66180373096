"""A child imports nothing from the folder it starts in, and git runs no program of a repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from patience import PATIENCE
from skips import NO_GIT
from trainsmith_system import children
from trainsmith_system.children import (
    LateError,
    NoAnswerError,
    file_of_module,
    python_command,
    start_python,
)
from trainsmith_system.git import git_state

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason=NO_GIT)


def test_modules_of_the_current_folder_are_not_imported(tmp_path: Path) -> None:
    for name in ("warnings", "contextlib", "runpy", "trainsmith", "click", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open('sprung', 'w')")
    command = python_command("trainsmith", ["--version"])
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.strip()
    assert not (tmp_path / "sprung").exists()


def test_a_child_runs_in_a_folder_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    statement = f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(os.getcwd())"
    child = start_python("timeit", ["-n1", "-r1", statement], errors=subprocess.PIPE)
    _, errors = child.communicate()
    assert child.returncode == 0, errors
    assert (tmp_path / "seen").read_text() == str(Path(children.__file__).parent)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose configuration names a program wherever git would run one."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init")
    (folder / "recipe.yaml").write_text("training_config: {}\n")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "first")
    (folder / ".gitattributes").write_text("*.yaml filter=trap diff=trap\n")
    hooks = folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "fsmonitor-watchman"):
        (hooks / hook).write_bytes(trap.read_bytes())
        (hooks / hook).chmod(0o755)
    for key in ("core.fsmonitor", "filter.trap.clean", "filter.trap.process", "diff.trap.textconv"):
        git(folder, "config", key, str(trap))
    git(folder, "config", "filter.trap.required", "true")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@needs_git
def test_a_repository_s_programs_are_not_run(repository: Path) -> None:
    # The same size and another time: git has to read the file, and so to filter it.
    recipe = repository / "recipe.yaml"
    os.utime(recipe, (1, 1))
    state = git_state(repository)
    assert state is not None
    assert len(state.commit) == 40
    assert state.uncommitted_changes
    assert not (repository.parent / "sprung").exists()


@needs_git
def test_a_filter_that_cannot_be_switched_off_is_not_run(repository: Path) -> None:
    program = str(repository.parent / "trap")
    git(repository, "config", "filter.a=b.clean", program)
    (repository / ".gitattributes").write_text("*.yaml filter=a=b\n")
    os.utime(repository / "recipe.yaml", (1, 1))
    state = git_state(repository)
    assert state is not None
    assert state.uncommitted_changes is None
    assert not (repository.parent / "sprung").exists()


@needs_git
def test_git_of_the_current_folder_is_not_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(repository.parent / "trap", repository / "git")
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", f".:{repository.name}::{os.environ['PATH']}")
    assert git_state(repository) is not None
    monkeypatch.setenv("PATH", "")
    assert git_state(repository) is None
    assert not (repository.parent / "sprung").exists()


@needs_git
def test_uncommitted_changes_are_seen(repository: Path) -> None:
    (repository / ".gitattributes").unlink()
    clean = git_state(repository)
    assert clean is not None
    assert clean.uncommitted_changes is False
    (repository / "recipe.yaml").write_text("training_config: {seed: 2}\n")
    changed = git_state(repository)
    assert changed is not None
    assert changed.uncommitted_changes is True


@needs_git
def test_an_embedded_bare_repository_is_not_believed(tmp_path: Path) -> None:
    bare = tmp_path / "docs"
    bare.mkdir()
    git(bare, "init", "--bare")
    assert git_state(bare) is None


def test_without_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None


@needs_git
def test_an_older_git_fetches_nothing_through_a_program(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git before 2.45 does not know `GIT_NO_LAZY_FETCH`, and fetches objects that are missing."""
    older = repository.parent / "bin" / "git"
    older.parent.mkdir()
    older.write_text(f'#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec {shutil.which("git")} "$@"\n')
    older.chmod(0o755)
    tree = _output(repository, "rev-parse", "HEAD^{tree}")
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    (repository / ".git" / "index").unlink()
    for key, value in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{repository.parent / 'trap'}"),
        ("protocol.ext.allow", "always"),
    ):
        git(repository, "config", key, value)
    monkeypatch.setenv("PATH", f"{older.parent}{os.pathsep}{os.environ['PATH']}")
    git_state(repository)
    assert not (repository.parent / "sprung").exists()


def _output(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_file_of_module_is_read(tmp_path: Path) -> None:
    content = file_of_module(
        "trainsmith_trainer.backends.torch.list_gpus", tmp_path, seconds=PATIENCE, most=65_536
    )
    assert content == b'{"gpus":[]}'


def test_module_without_answer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match="ended with exit code 1"):
        file_of_module("timeit", tmp_path, seconds=PATIENCE, most=1)
    with pytest.raises(LateError, match="did not answer within 0 seconds"):
        file_of_module("timeit", tmp_path, seconds=0, most=1)
