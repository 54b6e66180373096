"""Past runs: listed and compared."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workspace import Workspace, make_workspace

from skips import NO_LINKS
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.reports import Comparison, RunList, RunRecord
from trainsmith_schemas.runs.superseded import drop_superseded
from trainsmith_system import limits
from trainsmith_system.lock import HeldError, hold, is_held
from trainsmith_trainer.history.all_runs import runs_in
from trainsmith_trainer.history.comparison import UnknownRunError, compare
from trainsmith_trainer.history.listing import list_lines
from trainsmith_trainer.history.plots import draw
from trainsmith_trainer.history.record import (
    EVENTS,
    newest_run,
    read_history,
    read_run,
    read_settings,
)


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A first run; one with twice the rate; one with the same effective batch and another seed."""
    workspace = make_workspace(tmp_path_factory.mktemp("history"))
    for number, overrides in enumerate(
        (
            ["log_level=INFO"],
            ["learning_rate=0.002"],
            ["batch_size=2", "gradient_accumulation_steps=2", "seed=7"],
        )
    ):
        options = [
            part for override in overrides for part in ("--set", f"training_config.{override}")
        ]
        name = ("first", "second", "third")[number]
        result = workspace.command("train", "training.yaml", "--name", name, *options)
        assert result.returncode == 0, result.stderr
    return workspace


def _runs(workspace: Workspace) -> dict[str, RunRecord]:
    result = workspace.command("runs", "--format", "json")
    assert result.returncode == 0, result.stderr
    answer = RunList.model_validate_json(result.stdout)
    assert [run.name for run in answer.runs] == ["third", "second", "first"]
    return {run.name: run for run in answer.runs}


def test_run_records_contain_outcome_and_changes(three_runs: Workspace) -> None:
    runs = _runs(three_runs)
    second = runs["second"]
    assert (second.state, second.step, second.total_steps) == ("finished", 6, 6)
    assert second.folder == "checkpoints/second"
    assert second.loss is not None
    assert second.best_validation_loss == second.validation_loss
    assert second.best_step == 6
    assert (runs["first"].parent, runs["first"].changes) == (None, None)
    assert second.parent == "first"
    assert second.changes is not None
    assert [(change.what, change.values) for change in second.changes] == [
        ("learning rate", ["0.001", "0.002"])
    ]


def test_runs_text_output(three_runs: Workspace) -> None:
    lines = three_runs.command("runs").stdout.splitlines()
    assert lines[0].split() == ["run", "state", "step", "loss", "validation", "best", "began"]
    assert lines[1].startswith("third   finished  6/6")
    assert "more than one thing changed" in lines[2]
    assert lines[4] == "    Since first: learning rate 0.001 → 0.002"


def test_comparison_lists_differences_in_meaning(three_runs: Workspace) -> None:
    result = three_runs.command("compare", "first", "checkpoints/third", "--format", "json")
    answer = Comparison.model_validate_json(result.stdout)
    assert [run.name for run in answer.runs] == ["first", "third"]
    assert {difference.what: difference.values for difference in answer.differences} == {
        "effective batch": ["4 (4 × 1)", "4 (2 × 2)"],
        "seed": ["42", "7"],
    }
    assert answer.matter == 2
    assert answer.curves == "checkpoints/comparison.png"
    picture = (three_runs.path / answer.curves).read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_comparison_text_output(three_runs: Workspace) -> None:
    output = three_runs.command("compare", "first", "second", "third").stdout
    assert "learning rate    0.001      0.002      0.001\n" in output
    assert "3 things changed: no single one explains the result." in output
    assert [line.split() for line in output.splitlines() if line.startswith("steps")] == [
        ["steps", "6/6", "6/6", "6/6"]
    ]
    one = three_runs.command("compare", "first", "second", "--curves", "both.png").stdout
    assert "things changed" not in one
    assert (three_runs.path / "both.png").is_file()


def test_runs_in_any_folder_can_be_compared(three_runs: Workspace) -> None:
    paths = [str(three_runs.path / "checkpoints" / name) for name in ("first", "second")]
    result = three_runs.command("compare", *paths, "--in", "nowhere", "--no-curves")
    assert result.returncode == 0, result.stderr


def test_folder_that_is_not_a_run_is_named(three_runs: Workspace) -> None:
    for arguments, code, message in (
        (("first", "nowhere"), 2, "there is no run 'nowhere'"),
        (("first",), 2, "at least two runs"),
        (("first", "checkpoints"), 1, "checkpoints is not a run's folder"),
    ):
        result = three_runs.command("compare", *arguments)
        assert (result.returncode, message in result.stderr) == (code, True), result.stderr
        assert "Traceback" not in result.stderr


def test_history_needs_no_tensor_library(three_runs: Workspace) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from trainsmith_trainer.history.comparison import compare\n"
        "from trainsmith_trainer.history.all_runs import runs_in\n"
        "folders = [Path(run.folder) for run in runs_in(Path('checkpoints')).runs]\n"
        "print(len(compare(folders).runs), [m for m in ('torch', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=three_runs.path, capture_output=True, text=True
    )
    assert result.stdout == "3 []\n", result.stderr


def test_settings_are_read_back(three_runs: Workspace) -> None:
    found = read_settings(three_runs.run_folder("third"))
    assert found is not None
    assert found.document.training_config.seed == 7
    assert found.document.training_config.data_path == "text.txt"
    assert found.model.embedding_dim == 32
    assert found.data_digest is not None


_FACTS: dict[str, dict[str, Any]] = {
    "run_started": {
        "name": "r",
        "config": "a.yaml",
        "device": "CPU",
        "parameters": 1,
        "total_steps": 9,
        "ends_by": "max_steps",
        "steps_per_epoch": 9,
        "effective_batch": 1,
        "tokens_per_step": 1,
    },
    "step": {
        "epoch": 1,
        "learning_rate": 0.1,
        "grad_norm": 1.0,
        "tokens_per_second": 1.0,
        "seconds_left": 1.0,
    },
    "run_finished": {"loss": 1.0, "validation_loss": None, "seconds": 1.0, "final": "final"},
    "run_stopped": {"step": 1, "reason": "Ctrl-C"},
}
"""What an event of each kind needs besides what a test is about."""


def _event(kind: str, **facts: Any) -> dict[str, Any]:
    time = float(facts.get("step", 0))
    return {"time": time, "event": kind, **_FACTS.get(kind, {}), **facts}


def _started(steps_before: int = 0, time: float = 0.0, **facts: Any) -> dict[str, Any]:
    return {**_event("run_started", **facts), "time": time, "steps_before": steps_before}


def _step(step: int, loss: float) -> dict[str, Any]:
    return _event("step", step=step, loss=loss)


def _write(folder: Path, *events: dict[str, Any], rest: str = "") -> Path:
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (folder / EVENTS).write_text(lines + rest, encoding="utf-8")
    return folder


def test_settings_of_any_length_and_script_are_read_back(workspace: Workspace) -> None:
    names = [f"a rather long name of a file, with its number {number}.txt" for number in range(250)]
    for name in names:
        workspace.write(name, "To be, or not to be\n")
    project = "a\nb\x7f\u2028ä😀"
    workspace.write_recipe(training_config={"data_path": names, "project_name": project})
    result = workspace.command("train", "training.yaml", "--set", "training_config.seed=\n7")
    assert result.returncode == 0, result.stderr
    found = read_settings(workspace.run_folder())
    assert found is not None
    assert found.document.training_config.data_path == names
    assert found.document.training_config.project_name == project


def test_training_time_excludes_pauses(tmp_path: Path) -> None:
    folder = _write(
        tmp_path / "r",
        _started(),
        {**_event("run_stopped"), "time": 5.0},
        _started(time=1000.0),
        {**_event("step", step=1, loss=1.0), "time": 1002.0},
    )
    history = read_history(folder)
    assert history is not None
    assert history.seconds == 7.0


def test_repeated_steps_count_once(tmp_path: Path) -> None:
    folder = _write(
        tmp_path / "r",
        _started(),
        *(_step(step, step / 10) for step in range(1, 6)),
        _event("validation", step=2, loss=0.5, best=True),
        _event("validation", step=4, loss=0.1, best=True),
        _started(steps_before=3),
        _step(4, 4.0),
        rest='{"event": "step", "st',
    )
    history = read_history(folder)
    assert history is not None
    assert [(step.step, step.loss) for step in history.steps] == [
        (1, 0.1),
        (2, 0.2),
        (3, 0.3),
        (4, 4.0),
    ]
    run = read_run(folder)
    assert run is not None
    assert (run.best_validation_loss, run.best_step) == (0.5, 2)
    assert (run.state, run.step, run.loss) == ("interrupted", 4, 4.0)


@pytest.mark.parametrize(
    ("end", "state", "reason"),
    [
        (_event("run_finished", step=1), "finished", None),
        (_event("run_stopped", step=1, reason="Ctrl-C"), "stopped", "Ctrl-C"),
        (_event("run_failed", step=1, message="no space"), "failed", "no space"),
        (_step(1, 1.0), "interrupted", None),
    ],
)
def test_run_states(tmp_path: Path, end: dict[str, Any], state: str, reason: str | None) -> None:
    run = read_run(_write(tmp_path / "r", _started(), end))
    assert run is not None
    assert (run.state, run.reason) == (state, reason)


HOLDER = """
import sys
from pathlib import Path
from trainsmith_system.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Generator[tuple[Path, subprocess.Popen[str]], None, None]:
    folder = _write(tmp_path / "r", _started())
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder / EVENTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield folder, process
        process.kill()


def test_run_is_running_while_its_process_lives(
    holder: tuple[Path, subprocess.Popen[str]],
) -> None:
    folder, process = holder
    run = read_run(folder)
    assert run is not None
    assert run.state == "running"
    with pytest.raises(HeldError), hold(folder / EVENTS):
        pass
    process.kill()
    process.wait()
    assert not is_held(folder / EVENTS)
    with hold(folder / EVENTS):
        assert (folder / EVENTS).read_text(encoding="utf-8").startswith('{"time"'), "not emptied"


def test_newest_run_considers_recipe_versions(tmp_path: Path) -> None:
    for name, config, time in (
        ("one", "a/train_v1.yaml", 1.0),
        ("two", "train.yaml", 2.0),
        ("other", "b.yaml", 3.0),
    ):
        _write(tmp_path / name, _started(time=time, config=config))
    _write(tmp_path / "smoke", _started(time=9.0, config="train.yaml", smoke=True))
    (tmp_path / "empty").mkdir()
    assert newest_run(tmp_path, Path("x/train_v2.yaml")) == "two"
    assert newest_run(tmp_path, Path("b.yaml")) == "other"
    assert newest_run(tmp_path, Path("c.yaml")) is None
    assert newest_run(tmp_path, Path("a/train_v1.yaml"), versions=False) == "one"
    assert newest_run(tmp_path, Path("a/train.yaml"), versions=False) is None
    assert [run.name for run in runs_in(tmp_path).runs] == ["smoke", "other", "two", "one"]


def test_after_many_lines_that_are_not_events_the_rest_is_not_read(tmp_path: Path) -> None:
    others = "x\n" * (limits.OTHER_LINES - 1)
    rest = others + json.dumps(_step(1, 1.0)) + "\nx\n" + json.dumps(_step(2, 2.0)) + "\n"
    run = read_run(_write(tmp_path / "r", _started(), rest=rest))
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
    _write(tmp_path / "own", _started(time=2.0, config="train.yaml"))
    _write(tmp_path / "foreign", _started(time=4e9, config="train.yaml"))
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
    _write(tmp_path / "foreign", _started(config="/net/host/train.yaml"))
    assert newest_run(tmp_path, Path("/net/host/train.yaml"), versions=False) == "foreign"
    assert [path for path in touched if path.startswith("/net")]
    touched.clear()
    assert newest_run(tmp_path, Path("train.yaml"), versions=False) is None
    assert [path for path in touched if path.startswith("/net")] == []


def test_line_that_is_too_long_is_skipped(tmp_path: Path) -> None:
    folder = _write(tmp_path / "r", _started(), _step(1, 1.0))
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        for size in (limits.EVENT_LINE, 3 * limits.EVENT_LINE):
            file.write(json.dumps(_event("warned", message="x" * size)) + "\n")
        file.write(json.dumps(_step(2, 0.5)) + "\n")
    run = read_run(folder)
    assert run is not None
    assert (run.step, run.loss) == (2, 0.5)


def test_texts_of_events_are_cut_off(tmp_path: Path) -> None:
    long = "é" * 100_000
    written = events.Warned(time=1.0, message=long).model_dump_json()
    assert len(written.encode()) < limits.EVENT_LINE
    failed = _event("run_failed", step=1, message=long)
    run = read_run(_write(tmp_path / "r", _started(config=long), failed))
    assert run is not None
    assert run.reason == long[: events.LONGEST_TEXT - 1] + "…"
    assert len(run.config) == events.LONGEST_TEXT


def test_events_of_all_runs_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        _write(tmp_path / name, _started())
    large = _write(tmp_path / "0-large", _started(), *[_step(1, 1.0)] * 100)
    monkeypatch.setattr(limits, "ALL_EVENTS", (large / EVENTS).stat().st_size)
    answer = runs_in(tmp_path)
    assert {run.name for run in answer.runs} == {"a", "b"}
    [unreadable] = answer.unreadable
    assert unreadable.name == "0-large"
    assert "bytes of events" in unreadable.reason


def test_curves_of_strange_runs_are_drawn(tmp_path: Path) -> None:
    runs = [
        _write(tmp_path / name, _started(), _step(1, loss), _step(2, 1.0))
        for name, loss in (("$\\frac{$", 1.7e308), ("a$b", -1.7e308), ("two\nlines", 1.0))
    ]
    for several in (runs, *([run] for run in runs)):
        draw(tmp_path / "curves.png", several)
        assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_loss_of_a_run_that_diverges_is_short(tmp_path: Path) -> None:
    _write(tmp_path / "r", _started(), _step(1, 1e308))
    assert "1e+308" in "\n".join(list_lines(runs_in(tmp_path)))
    assert max(map(len, list_lines(runs_in(tmp_path)))) < 200


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
        lambda path: path.write_text(json.dumps(_step(1, 1.0)) + "\n", encoding="utf-8"),
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
    _write(tmp_path / "good", _started())
    break_events(_write(tmp_path / name, _started(), _step(1, 1.0)) / EVENTS)
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


def test_run_that_starts_is_not_called_unreadable(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    with hold(tmp_path / "r" / EVENTS):
        assert runs_in(tmp_path).unreadable == []


def test_run_with_unreadable_settings_is_listed(tmp_path: Path) -> None:
    _write(tmp_path / "a", _started())
    folder = _write(tmp_path / "b", _started(time=1.0, parent="a"))
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
    events = [_started(), _step(1, 1.0), _event("validation", step=1, loss=1.0, best=True)]
    events.append(_event(draw(st.sampled_from(["run_finished", "run_stopped", "run_failed"]))))
    for event in draw(st.lists(st.sampled_from(events), max_size=3)):
        event[draw(st.sampled_from([*event, "parent", "message"]))] = draw(_HOSTILE)
    return events


@given(events=_foreign_events())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_event_of_a_stranger_breaks_the_list(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, Any]]
) -> None:
    parent = tmp_path_factory.mktemp("runs")
    _write(parent / "good", _started())
    _write(parent / "foreign", *events)
    (parent / "text").mkdir()
    (parent / "text" / EVENTS).write_bytes(b"\x00\xff{}\n[1]\n")
    answer = runs_in(parent)
    assert "good" in [run.name for run in answer.runs]
    listed = {run.name for run in (*answer.runs, *answer.unreadable)}
    assert listed == {"good", "foreign", "text"}
    assert any("good" in line for line in list_lines(answer))
    for versions in (True, False):
        newest_run(parent, parent / "a.yaml", versions=versions)
