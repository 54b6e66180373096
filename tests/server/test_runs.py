"""The runs of a recipe, read from folders like those of the trainer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from skips import NO_LINKS
from trainsmith_schemas.editor.messages import Run
from trainsmith_schemas.runs import events
from trainsmith_server.features.code_lens import code_lenses
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lsp.convert import as_json
from trainsmith_server.workspace.references import Files
from trainsmith_server.workspace.runs import EVENTS, Runs
from trainsmith_system.lock import hold

STEP = events.Step(
    time=2,
    step=7,
    epoch=1,
    loss=2.5,
    learning_rate=1e-4,
    grad_norm=1,
    tokens_per_second=9000,
    seconds_left=3,
)
VALIDATION = events.Validation(time=3, step=7, loss=2.75, best=True)
FINISHED = events.RunFinished(
    time=4, step=9, loss=1.25, validation_loss=1.5, seconds=3, final="final"
)
STOPPED = events.RunStopped(time=4, step=7, reason="Ctrl-C")
FAILED = events.RunFailed(time=4, step=8, message="the loss is not a number")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a run's events into `checkpoints/<name>`."""

    def write(name: str, *said: events.Event, config: str = "", started: float = 1) -> Path:
        folder = tmp_path / "checkpoints" / name
        folder.mkdir(parents=True, exist_ok=True)
        first = events.RunStarted(
            time=started,
            name=name,
            config=config or str(tmp_path / "training.yaml"),
            device="CPU",
            parameters=1,
            total_steps=9,
            ends_by="max_steps",
            steps_per_epoch=3,
            effective_batch=8,
            tokens_per_step=64,
        )
        lines = "".join(f"{event.model_dump_json()}\n" for event in (first, *said))
        (folder / EVENTS).write_text(lines, encoding="utf-8")
        return folder

    return write


def _of(tmp_path: Path, runs: Runs | None = None) -> list[Run]:
    return (runs or Runs()).of(tmp_path / "training.yaml", iter([tmp_path / "checkpoints"]))


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ([], "Last run: interrupted at step 0"),
        ([STEP, VALIDATION], "Last run: interrupted at step 7, loss 2.500, validation 2.750"),
        ([STEP, FINISHED], "Last run: loss 1.250, validation 1.500"),
        ([STEP, STOPPED], "Last run: stopped at step 7, loss 2.500"),
        ([STEP, VALIDATION, STOPPED], "Last run: stopped at step 7, loss 2.500, validation 2.750"),
        ([STEP, FAILED], "Last run: failed at step 8"),
    ],
)
def test_the_outcome_of_the_last_run(
    said: list[events.Event], title: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write("a", *said)
    [run] = _of(tmp_path)
    lenses = code_lenses(analyze("training_config:\n  seed: 1\n"), run)
    resume = ["resumeTraining"] if run.state != "finished" else []
    assert [lens.command.id.split(".")[1] for lens in lenses] == [
        "runTraining",
        "dryRun",
        *resume,
        "compareWithLastRun",
        "showTraining",
    ]
    assert lenses[-1].title == f"$(graph-line) {title}"
    assert lenses[-1].arguments == (str(folder),)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_answers_have_no_number_that_json_does_not_have(
    number: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    """Editors end a server whose answer is not JSON, and strangers write events."""
    folder = write("a", STEP)
    text = (folder / EVENTS).read_text(encoding="utf-8")
    (folder / EVENTS).write_text(text.replace("2.5", number), encoding="utf-8")
    [run] = _of(tmp_path)
    assert json.dumps(as_json(run)["loss"], allow_nan=False) == "null"


def test_a_run_that_holds_its_lock_is_running(write: Callable[..., Path], tmp_path: Path) -> None:
    runs = Runs()
    ended, folder = write("a", FINISHED), write("b", STEP, started=2)
    with hold(folder / EVENTS):
        [run, _] = _of(tmp_path, runs)
        assert [one.folder for one in runs.running([ended, folder, tmp_path])] == [str(folder)]
        lenses = code_lenses(analyze("training_config:\n  seed: 1\n"), run)
        assert lenses[2].command.id == "trainsmith.stopTraining"
        assert lenses[-1].title == "$(graph-line) Running"
        assert runs.has_changed(folder)
    # The process was killed, so no event says that it has ended.
    assert _of(tmp_path, runs)[0].state == "interrupted"
    assert runs.has_changed(folder)


def test_a_run_is_named_by_its_folder(write: Callable[..., Path], tmp_path: Path) -> None:
    write("a").rename(tmp_path / "checkpoints" / "b")
    assert [run.name for run in _of(tmp_path)] == ["b"]


@pytest.mark.skipif(os.name != "posix", reason=NO_LINKS)
def test_a_link_to_itself_hides_no_run(write: Callable[..., Path], tmp_path: Path) -> None:
    folder = write("a")
    (folder.parent / "loop").symlink_to("loop")
    assert [run.name for run in _of(tmp_path)] == ["a"]
    uri = (tmp_path / "training.yaml").as_uri()
    assert {one.name for one in Files().entries(uri, "checkpoints")} == {"a", "loop"}


def test_a_run_in_the_future_is_left_out(write: Callable[..., Path], tmp_path: Path) -> None:
    write("a")
    write("b", started=4e9)
    assert [run.name for run in _of(tmp_path)] == ["a"]


def test_the_task_that_started_a_run_last_is_named(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write("a")
    assert [(run.task, run.lastStarted) for run in _of(tmp_path)] == [(None, 1)]
    text = (folder / EVENTS).read_text(encoding="utf-8")
    again = text.replace('"time":1.0', '"time":5.0').replace('"task":null', '"task":"x"')
    (folder / EVENTS).write_text(text + again, encoding="utf-8")
    assert [(run.task, run.lastStarted) for run in _of(tmp_path)] == [("x", 5)]


def test_the_newest_run_comes_first(write: Callable[..., Path], tmp_path: Path) -> None:
    write("b", started=20)
    write("c", started=30)
    write("a", started=10)
    assert [run.name for run in _of(tmp_path)] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("config", "counts"),
    [
        ("training.yaml", True),
        ("./training.yaml", True),
        ("../{folder}/training.yaml", True),
        ("other.yaml", False),
        ("sub/training.yaml", False),
        ("/elsewhere/training.yaml", False),
    ],
)
def test_runs_of_other_recipes_are_left_out(
    config: str, counts: bool, write: Callable[..., Path], tmp_path: Path
) -> None:
    write("a", config=config.format(folder=tmp_path.name))
    assert bool(_of(tmp_path)) is counts


def test_a_run_is_read_again_when_it_continues(write: Callable[..., Path], tmp_path: Path) -> None:
    runs = Runs()
    folder = write("a", STEP)
    assert [run.state for run in _of(tmp_path, runs)] == ["interrupted"]
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.write(FINISHED.model_dump_json()[:40])
    assert [run.state for run in _of(tmp_path, runs)] == ["interrupted"]
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.write(FINISHED.model_dump_json()[40:] + "\n")
    assert [run.loss for run in _of(tmp_path, runs)] == [1.25]


def test_the_end_of_a_long_run_is_read_without_its_middle(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write("a", *[STEP] * 2000, STOPPED)
    text = (folder / EVENTS).read_bytes()
    assert len(text) > 200_000
    (folder / EVENTS).write_bytes(text.replace(b'"loss":2.5', b'"lost":2.5', 1000))
    assert [(run.step, run.loss, run.state) for run in _of(tmp_path)] == [(7, 2.5, "stopped")]


def test_only_the_start_and_the_end_of_a_run_are_changes(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    runs = Runs()
    folder = write("a", STEP)
    assert _of(tmp_path, runs)
    assert runs.has_changed(folder), "only calls of `has_changed` count"
    write("a", STEP, STEP)
    assert not runs.has_changed(folder)
    write("a", STEP, STEP, STOPPED)
    assert runs.has_changed(folder)
    (folder / EVENTS).unlink()
    assert runs.has_changed(folder)
    assert not runs.has_changed(folder)


@pytest.mark.parametrize("text", ["", "{}", "{}\n", "no json\n", '{"event": "run_started"}\n'])
def test_folders_that_are_not_runs(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints" / "a"
    folder.mkdir(parents=True)
    (folder / EVENTS).write_text(text, encoding="utf-8")
    (tmp_path / "checkpoints" / "notes.txt").write_text(json.dumps("a file"), encoding="utf-8")
    assert _of(tmp_path) == []
