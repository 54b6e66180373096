"""In a stranger's folder, the command line executes, believes and publishes nothing of it.

`tests/traps.py` describes the folder; `tests/e2e/traps.spec.ts` opens it in a workbench.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from patience import PATIENCE
from skips import NO_LINKS
from traps import NAMES, Traps, build

pytestmark = pytest.mark.skipif(os.name != "posix", reason=NO_LINKS)

TRAINSMITH = Path(sys.executable).with_name("trainsmith")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e]|^ *::error::owned", re.M)
"""What a name could do to a terminal, or to the log of a CI that reads commands in it."""
GIT = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit"]
"""Some of what each call of git switches off."""
OF_LIBRARIES = ("uname", "fc-list")
"""What Python's `platform` and matplotlib's search for fonts run, from the user's `PATH`."""


@pytest.fixture
def traps(tmp_path: Path) -> Generator[Traps, None, None]:
    """The traps; none may spring in the test."""
    traps = build(tmp_path / "traps")
    assert traps.sprung() == []
    yield traps
    assert traps.sprung() == []


@pytest.fixture
def programs(tmp_path: Path, traps: Traps) -> Path:
    """A folder for `PATH`: every program leaves a witness, except git, which is recorded."""
    folder = tmp_path / "programs"
    folder.mkdir()
    witness = tmp_path / "witness.sh"
    _write_script(witness, f'echo "$@" >> "{traps.witness}/path-${{0##*/}}"')
    for place in filter(Path.is_dir, map(Path, os.environ["PATH"].split(os.pathsep))):
        for program in place.iterdir():
            if not (folder / program.name).exists():
                known = program.name in OF_LIBRARIES
                (folder / program.name).symlink_to(program if known else witness)
    if git := shutil.which("git"):
        (folder / "git").unlink()
        _write_script(folder / "git", f'echo "$@" >> "{tmp_path}/git.log"\nexec "{git}" "$@"')
    return folder


def _write_script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def _run(
    folder: Path, *arguments: str, programs: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `trainsmith …` in a folder to its end; its output controls nothing."""
    result = subprocess.run(
        [str(TRAINSMITH), *arguments],
        cwd=folder,
        env={
            **os.environ,
            # Its empty entry is the current folder.
            "PATH": f":{programs}" if programs else os.environ["PATH"],
            "OMP_NUM_THREADS": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    output = result.stdout + result.stderr
    assert "Traceback" not in output, output
    assert not CONTROLS.search(output), ascii(output)
    return result


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_check_reads_every_file(traps: Traps, programs: Path, form: str) -> None:
    result = _run(traps.workspace, "check", "--format", form, ".", programs=programs)
    assert result.returncode == 2, result.stderr  # Some project files are not files.


def test_check_fixes_nothing_behind_links(traps: Traps, programs: Path) -> None:
    recipe = traps.workspace / "linked_recipe.yaml"
    _run(traps.workspace, "check", "--fix", ".", programs=programs)
    _run(traps.workspace, "check", "--fix", recipe.name, programs=programs)
    _run(traps.workspace, "convert", recipe.name, "--to", "tt-train", programs=programs)


@pytest.mark.parametrize("form", ["text", "json"])
def test_foreign_runs_are_listed(traps: Traps, programs: Path, form: str) -> None:
    for folder in ("own_runs", "runs", "names", "."):
        result = _run(traps.workspace, "runs", folder, "--format", form, programs=programs)
        assert result.returncode == 0, result.stderr
        expected = {"own_runs": "near", "runs": "plain"}.get(folder, "")
        assert expected in result.stdout


def test_foreign_runs_are_compared(traps: Traps, programs: Path) -> None:
    folder = traps.workspace / "own_runs"
    _run(traps.workspace, "compare", "own_runs/near", "own_runs/above", programs=programs)
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    for name in ("linked", "pipe", "zero", NAMES[0]):
        _run(folder, "compare", f"./{name}", "./half", programs=programs)


def test_nothing_is_generated_from_foreign_models(traps: Traps, programs: Path) -> None:
    runs = ("own_runs/half", "own_runs/pipe", "linked_model", "pipes/model", "devices/model")
    for run in runs:
        result = _run(traps.workspace, "generate", run, programs=programs)
        assert result.returncode == 1


@pytest.mark.parametrize("recipe", ["training", "data", "pretrained"])
@pytest.mark.parametrize("kind", ["pipes", "devices"])
def test_a_recipe_of_pipes_or_devices_is_refused(
    traps: Traps, programs: Path, kind: str, recipe: str
) -> None:
    for mode in ("--dry-run", "--smoke"):
        place = traps.workspace / kind
        result = _run(place, "train", f"{recipe}.yaml", mode, programs=programs)
        assert result.returncode == 1, result.stdout + result.stderr


def test_a_linked_model_is_refused(traps: Traps, programs: Path) -> None:
    for mode in ("--dry-run", "--smoke", "--resume"):
        result = _run(traps.workspace, "train", "linked_model.yaml", mode, programs=programs)
        assert result.returncode == 1, result.stdout + result.stderr


def test_the_server_that_the_folder_names_gets_nothing(traps: Traps, programs: Path) -> None:
    result = _run(traps.workspace, "train", "sends.yaml", programs=programs)
    assert result.returncode == 1
    assert "would follow wandb/settings" in result.stderr


def test_names_are_names_only(traps: Traps, programs: Path) -> None:
    for name in NAMES:
        result = _run(
            traps.workspace / "names", "train", f"./{name}.yaml", "--dry-run", programs=programs
        )
        assert result.returncode == 1, result.stdout + result.stderr


@pytest.mark.parametrize("name", ["half", "linked", "pipe", "zero", "absolute", "keys"])
def test_what_is_not_of_a_foreign_run_is_unchanged_after_resuming_it(
    traps: Traps, programs: Path, name: str
) -> None:
    arguments = ("train", "training.yaml", "--name", name, "--resume")
    result = _run(traps.workspace, *arguments, programs=programs)
    assert result.returncode == (0 if name in ("absolute", "keys") else 1)


def test_a_link_to_itself_is_no_run(traps: Traps, programs: Path) -> None:
    arguments = ("train", "training.yaml", "--name", "loop", "--resume", "own_runs/half")
    result = _run(traps.workspace, *arguments, programs=programs)
    assert result.returncode == 1
    assert "own_runs/half has no intact checkpoint" in result.stderr


@pytest.mark.parametrize("folder", [".", "bare_repository"])
def test_training_executes_git_alone(traps: Traps, programs: Path, folder: str) -> None:
    place = traps.workspace / folder
    for option in ("--dry-run", "--max-steps=4"):
        result = _run(place, "train", "training.yaml", option, programs=programs)
        assert result.returncode == 0, result.stdout + result.stderr
    assert (place / "own_runs/training-001/final/model.safetensors").is_file()
    assert (place / "own_runs/training-001/training_curves.png").is_file()
    generated = _run(place, "generate", "own_runs/training-001", programs=programs)
    assert generated.returncode == 0, generated.stderr
    log = programs.with_name("git.log")
    calls = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    assert all(setting in call for call in calls for setting in GIT)
    assert {re.sub(r".* -C \S+ (-c \S+ )*(\S+).*", r"\2", call) for call in calls} <= {
        *("rev-parse", "config", "status")
    }


def test_links_of_a_model_are_not_published(traps: Traps, programs: Path) -> None:
    folder = traps.workspace
    assert _run(folder, "train", "training.yaml", programs=programs).returncode == 0
    model = folder / "own_runs/training-001/final"
    (model / "chat_template.jinja").symlink_to(traps.outside / "authorized_keys")
    shape = f"transformer_config:\n  model_path: {model}\n"
    (folder / "model.yaml").write_text(shape, encoding="utf-8")
    tuned = _run(folder, "train", "training.yaml", programs=programs)
    assert tuned.returncode == 1
    assert "chat_template.jinja: it is a symbolic link" in tuned.stderr


def test_ranks_import_nothing_of_the_folder(
    traps: Traps, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINSMITH_START_METHOD", "spawn")
    ranks = ("--set", "device_config.enable_ddp=true", "--set", "device_config.mesh_shape=[1, 2]")
    result = _run(traps.workspace, "train", "training.yaml", *ranks, programs=programs)
    assert result.returncode == 0, result.stdout + result.stderr
