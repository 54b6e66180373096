"""Runs are listed from a cache as long as none of their files has changed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from trainsmith_schemas.runs.layout import EVENTS, RESOLVED
from trainsmith_schemas.runs.reports import RunRecord
from trainsmith_system.lock import hold
from trainsmith_trainer.formatting import json_lines
from trainsmith_trainer.history import all_runs
from trainsmith_trainer.history.all_runs import runs_in
from trainsmith_trainer.history.record import newest_run
from trainsmith_trainer.user_cache import VARIABLE

RUN: dict[str, Any] = {
    "event": "run_started",
    "time": 1.0,
    "config": "training.yaml",
    "name": "run",
    "device": "CPU",
    "parameters": 1,
    "total_steps": 9,
    "ends_by": "max_steps",
    "steps_per_epoch": 1,
    "effective_batch": 1,
    "tokens_per_step": 1,
}
SETTINGS = "training_config: {seed: 1}\n"


@pytest.fixture(autouse=True)
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cache of its own; the names of the runs that are read."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    read_run, names = all_runs.read_run, list[str]()

    def counted(folder: Path) -> RunRecord | None:
        names.append(folder.name)
        return read_run(folder)

    monkeypatch.setattr(all_runs, "read_run", counted)
    return names


@pytest.fixture
def runs(tmp_path: Path, reads: list[str]) -> Path:
    """A folder with three listed runs: the third is a child of the first."""
    folder = tmp_path / "runs"
    for name, parent in (("one", None), ("two", None), ("three", "one")):
        _write(folder / name, RUN | {"parent": parent})
        (folder / name / RESOLVED).write_text(SETTINGS, encoding="utf-8")
    assert len(runs_in(folder).runs) == 3
    reads.clear()
    return folder


def _write(folder: Path, *events: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def test_unchanged_runs_are_not_read_again(runs: Path, reads: list[str]) -> None:
    (cached,) = {runs_in(runs).model_dump_json() for _ in range(3)}
    assert reads == []
    for file in (Path(os.environ[VARIABLE]) / "runs").iterdir():
        file.unlink()
    assert runs_in(runs).model_dump_json() == cached


def test_a_run_that_has_changed_is_read_again(runs: Path, reads: list[str]) -> None:
    measured = {"loss": 4.0, "validation_loss": None, "seconds": 1.0, "final": "final"}
    _write(runs / "two", {"event": "run_finished", "time": 2.0, "step": 1, **measured})
    states = {run.name: run.state for run in runs_in(runs).runs}
    assert states == {"one": "interrupted", "two": "finished", "three": "interrupted"}
    assert reads == ["two"]


def test_new_settings_of_the_parent_change_its_child(runs: Path, reads: list[str]) -> None:
    (runs / "one" / RESOLVED).write_text(SETTINGS + "# Changed.\n", encoding="utf-8")
    runs_in(runs)
    assert sorted(reads) == ["one", "three"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 there")
def test_a_name_that_is_not_utf_8_does_not_affect_other_runs(runs: Path) -> None:
    _write(runs / os.fsdecode(b"r\xff"), RUN | {"time": 9.0})
    found = runs_in(runs)
    assert {run.name for run in found.runs} == {"one", "two", "three"}
    assert [run.name for run in found.unreadable] == ["r\\udcff"]
    assert "rename the folder" in "\n".join(json_lines(found))
    assert newest_run(runs, Path("training.yaml")) != os.fsdecode(b"r\xff")


def test_links_to_one_run_are_one_run(runs: Path, reads: list[str]) -> None:
    for number in range(20):
        (runs / f"a{number}").symlink_to(runs / "two")
    assert {run.name for run in runs_in(runs).runs} == {"one", "two", "three"}
    assert reads == []


def test_a_run_that_is_gone_is_not_listed(runs: Path) -> None:
    (runs / "two" / EVENTS).unlink()
    assert {run.name for run in runs_in(runs).runs} == {"one", "three"}


def test_a_run_that_writes_is_running_although_no_file_changes(runs: Path) -> None:
    def states() -> dict[str, str]:
        return {run.name: run.state for run in runs_in(runs).runs}

    with hold(runs / "two" / EVENTS):
        assert states()["two"] == "running"
    assert states()["two"] == "interrupted"


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"version": "1", "runs": {}}'])
def test_a_damaged_cache_is_made_again(runs: Path, reads: list[str], content: bytes) -> None:
    (file,) = (Path(os.environ[VARIABLE]) / "runs").iterdir()
    file.write_bytes(content)
    assert len(runs_in(runs).runs) == 3
    runs_in(runs)
    assert len(reads) == 3


def test_a_cache_that_cannot_be_written_is_no_loss(runs: Path, reads: list[str]) -> None:
    folder = Path(os.environ[VARIABLE]) / "runs"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_text("a file", encoding="utf-8")
    assert len(runs_in(runs).runs) == 3
    assert len(reads) == 3
