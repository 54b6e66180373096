"""Runs that somebody else wrote: limits, strange values, and files that are no events."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_events import event, started, step, written

from skips import NO_LINKS
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.superseded import drop_superseded
from trainsmith_system import limits
from trainsmith_trainer.history.all_runs import runs_in
from trainsmith_trainer.history.comparison import UnknownRunError, compare
from trainsmith_trainer.history.listing import list_lines
from trainsmith_trainer.history.plots import draw
from trainsmith_trainer.history.record import (
    EVENTS,
    newest_run,
    read_run,
)


def test_after_many_lines_that_are_not_events_the_rest_is_not_read(tmp_path: Path) -> None:
    others = "x\n" * (limits.OTHER_LINES - 1)
    rest = others + json.dumps(step(1, 1.0)) + "\nx\n" + json.dumps(step(2, 2.0)) + "\n"
    run = read_run(written(tmp_path / "r", started(), rest=rest))
    assert run is not None
    assert run.step == 1


def test_many_starts_do_not_multiply_with_many_steps() -> None:
    """Each start looks only at the steps that it supersedes, and one more."""
    looked = 0

    class Counted:
        def __init__(self, step: int) -> None:
            self._step = step

        @property
        def step(self) -> int:
            nonlocal looked
            looked += 1
            return self._step

    steps = [Counted(step) for step in range(1000)]
    for _ in range(1000):
        drop_superseded(steps, 2**52)
    assert (looked, len(steps)) == (1000, 1000)
    drop_superseded(steps, 9)
    assert [step.step for step in steps] == list(range(10))


def test_run_in_the_future_is_not_the_newest(tmp_path: Path) -> None:
    written(tmp_path / "own", started(time=2.0, config="train.yaml"))
    written(tmp_path / "foreign", started(time=4e9, config="train.yaml"))
    assert newest_run(tmp_path, Path("train.yaml")) == "own"
    assert newest_run(tmp_path, Path("train.yaml"), versions=False) == "own"


@pytest.mark.skipif(os.name == "nt", reason="other machines have other names there")
def test_recipe_of_a_run_on_another_machine_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[str] = []

    def lstat(path: Any, **named: Any) -> os.stat_result:
        touched.append(str(path))
        return real(path, **named)

    real = os.lstat
    monkeypatch.setattr(os, "lstat", lstat)
    written(tmp_path / "foreign", started(config="/net/host/train.yaml"))
    assert newest_run(tmp_path, Path("/net/host/train.yaml"), versions=False) == "foreign"
    assert [path for path in touched if path.startswith("/net")]
    touched.clear()
    assert newest_run(tmp_path, Path("train.yaml"), versions=False) is None
    assert [path for path in touched if path.startswith("/net")] == []


def test_line_that_is_too_long_is_skipped(tmp_path: Path) -> None:
    folder = written(tmp_path / "r", started(), step(1, 1.0))
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        for size in (limits.EVENT_LINE, 3 * limits.EVENT_LINE):
            file.write(json.dumps(event("warned", message="x" * size)) + "\n")
        file.write(json.dumps(step(2, 0.5)) + "\n")
    run = read_run(folder)
    assert run is not None
    assert (run.step, run.loss) == (2, 0.5)


def test_texts_of_events_are_cut_off(tmp_path: Path) -> None:
    long = "é" * 100_000
    line = events.Warned(time=1.0, message=long).model_dump_json()
    assert len(line.encode()) < limits.EVENT_LINE
    failed = event("run_failed", step=1, message=long)
    run = read_run(written(tmp_path / "r", started(config=long), failed))
    assert run is not None
    assert run.reason == long[: events.LONGEST_TEXT - 1] + "…"
    assert len(run.config) == events.LONGEST_TEXT


def test_events_of_all_runs_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        written(tmp_path / name, started())
    large = written(tmp_path / "0-large", started(), *[step(1, 1.0)] * 100)
    monkeypatch.setattr(limits, "ALL_EVENTS", (large / EVENTS).stat().st_size)
    answer = runs_in(tmp_path)
    assert {run.name for run in answer.runs} == {"a", "b"}
    [unreadable] = answer.unreadable
    assert unreadable.name == "0-large"
    assert "bytes of events" in unreadable.reason


def test_curves_of_strange_runs_are_drawn(tmp_path: Path) -> None:
    runs = [
        written(tmp_path / name, started(), step(1, loss), step(2, 1.0))
        for name, loss in (("$\\frac{$", 1.7e308), ("a$b", -1.7e308), ("two\nlines", 1.0))
    ]
    for several in (runs, *([run] for run in runs)):
        draw(tmp_path / "curves.png", several)
        assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def _replace_events(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "cut": (lambda path: path.write_bytes(b'{"time": 1'), "is cut off or too long"),
    "long": (lambda path: path.write_bytes(b" " * 2**21 + b"\n"), "is cut off or too long"),
    "junk": (lambda path: path.write_bytes(b"\xff\x00\n{}\n"), "no events in the format"),
    "deep": (lambda path: path.write_bytes(b"[" * 10**5 + b"\n"), "no events in the format"),
    "headless": (
        lambda path: path.write_text(json.dumps(step(1, 1.0)) + "\n", encoding="utf-8"),
        "begins with `step`, not with `run_started`",
    ),
    "huge": (lambda path: os.truncate(path, 2**31), "is larger than"),
    "folder": (_replace_events(Path.mkdir), "it is a folder"),
    "pipe": (_replace_events(os.mkfifo), "it is not a regular file"),
    "link": (_replace_events(lambda path: path.symlink_to("/dev/zero")), "is a symbolic link"),
    "gone": (_replace_events(lambda path: path.symlink_to("nowhere")), "is a symbolic link"),
}


@pytest.mark.skipif(os.name == "nt", reason=NO_LINKS)
@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_run_is_one_line_of_the_list(tmp_path: Path, name: str) -> None:
    break_events, says = UNREADABLE[name]
    written(tmp_path / "good", started())
    break_events(written(tmp_path / name, started(), step(1, 1.0)) / EVENTS)
    (tmp_path / "no run").mkdir()
    answer = runs_in(tmp_path)
    assert [run.name for run in answer.runs] == ["good"]
    [bad] = answer.unreadable
    assert (bad.name, bad.folder) == (name, (tmp_path / name).as_posix())
    assert says in bad.reason
    *_, last = list_lines(answer)
    assert last == f"{name} cannot be read: {bad.reason}"
    with pytest.raises(UnknownRunError, match=re.escape(bad.reason)):
        compare([tmp_path / name, tmp_path / "good"])


def test_list_of_unreadable_runs_says_so(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb").mkdir()
    (tmp_path / "a\x1b[2Jb" / EVENTS).write_bytes(b"")
    head, line = list_lines(runs_in(tmp_path))
    assert head.endswith("contains no runs that can be read")
    assert line == "a\x1b[2Jb cannot be read: events.jsonl is empty"


def test_run_with_unreadable_settings_is_listed(tmp_path: Path) -> None:
    written(tmp_path / "a", started())
    folder = written(tmp_path / "b", started(time=1.0, parent="a"))
    (folder / "resolved.yaml").write_text("training_config: {gone: 1}\n", encoding="utf-8")
    run = read_run(folder)
    assert run is not None
    assert (run.parent, run.changes) == ("a", None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


_HOSTILE = st.one_of(
    st.sampled_from([0, -1, 2**64, 1e308, -1e308, "", "../../other", "/etc", None, True]), _JSON
)


@st.composite
def _foreign_events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of a run in which any field may have any value."""
    events = [started(), step(1, 1.0), event("validation", step=1, loss=1.0, best=True)]
    events.append(event(draw(st.sampled_from(["run_finished", "run_stopped", "run_failed"]))))
    for one in draw(st.lists(st.sampled_from(events), max_size=3)):
        one[draw(st.sampled_from([*one, "parent", "message"]))] = draw(_HOSTILE)
    return events


@given(events=_foreign_events())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_event_of_a_stranger_breaks_the_list(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]]
) -> None:
    parent = tmp_path_factory.mktemp("runs")
    written(parent / "good", started())
    written(parent / "foreign", *events)
    (parent / "text").mkdir()
    (parent / "text" / EVENTS).write_bytes(b"\x00\xff{}\n[1]\n")
    answer = runs_in(parent)
    assert "good" in [run.name for run in answer.runs]
    listed = {run.name for run in (*answer.runs, *answer.unreadable)}
    assert listed == {"good", "foreign", "text"}
    assert any("good" in line for line in list_lines(answer))
    for versions in (True, False):
        newest_run(parent, parent / "a.yaml", versions=versions)
