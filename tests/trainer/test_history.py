"""Past runs: listed and compared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from run_events import event, started, step, written
from workspace import Workspace, make_workspace

from trainsmith_schemas.runs.reports import Comparison, RunList, RunRecord
from trainsmith_system.lock import HeldError, hold, is_held
from trainsmith_trainer.history.all_runs import runs_in
from trainsmith_trainer.history.listing import list_lines
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
    folder = written(
        tmp_path / "r",
        started(),
        {**event("run_stopped"), "time": 5.0},
        started(time=1000.0),
        {**event("step", step=1, loss=1.0), "time": 1002.0},
    )
    history = read_history(folder)
    assert history is not None
    assert history.seconds == 7.0


def test_repeated_steps_count_once(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "r",
        started(),
        *(step(number, number / 10) for number in range(1, 6)),
        event("validation", step=2, loss=0.5, best=True),
        event("validation", step=4, loss=0.1, best=True),
        started(steps_before=3),
        step(4, 4.0),
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
        (event("run_finished", step=1), "finished", None),
        (event("run_stopped", step=1, reason="Ctrl-C"), "stopped", "Ctrl-C"),
        (event("run_failed", step=1, message="no space"), "failed", "no space"),
        (step(1, 1.0), "interrupted", None),
    ],
)
def test_run_states(tmp_path: Path, end: dict[str, Any], state: str, reason: str | None) -> None:
    run = read_run(written(tmp_path / "r", started(), end))
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
    folder = written(tmp_path / "r", started())
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
        written(tmp_path / name, started(time=time, config=config))
    written(tmp_path / "smoke", started(time=9.0, config="train.yaml", smoke=True))
    (tmp_path / "empty").mkdir()
    assert newest_run(tmp_path, Path("x/train_v2.yaml")) == "two"
    assert newest_run(tmp_path, Path("b.yaml")) == "other"
    assert newest_run(tmp_path, Path("c.yaml")) is None
    assert newest_run(tmp_path, Path("a/train_v1.yaml"), versions=False) == "one"
    assert newest_run(tmp_path, Path("a/train.yaml"), versions=False) is None
    assert [run.name for run in runs_in(tmp_path).runs] == ["smoke", "other", "two", "one"]


def test_loss_of_a_run_that_diverges_is_short(tmp_path: Path) -> None:
    written(tmp_path / "r", started(), step(1, 1e308))
    assert "1e+308" in "\n".join(list_lines(runs_in(tmp_path)))
    assert max(map(len, list_lines(runs_in(tmp_path)))) < 200


def test_run_that_starts_is_not_called_unreadable(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    with hold(tmp_path / "r" / EVENTS):
        assert runs_in(tmp_path).unreadable == []
