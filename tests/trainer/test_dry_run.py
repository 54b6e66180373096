"""`trainsmith train CONFIG --dry-run` describes a run, and the real run matches it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from workspace import TEXT, Workspace

from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.reports import DryRun, RunOutline
from trainsmith_system.lock import hold
from trainsmith_trainer.history.record import EVENTS
from trainsmith_trainer.run.plan import Plan
from trainsmith_trainer.run.timing import Stopwatch, seconds_of
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in
from trainsmith_trainer.run_dir.create import SMOKE_MARK


def _ask(workspace: Workspace, *options: str) -> DryRun:
    command = ("train", "training.yaml", "--dry-run", "--format", "json", *options)
    result = workspace.command(*command)
    answer = DryRun.model_validate_json(result.stdout)
    assert result.returncode == (0 if answer.outline else 1)
    assert result.stderr == "" or answer.errors
    return answer


def _outline(workspace: Workspace, *options: str) -> RunOutline:
    outline = _ask(workspace, *options).outline
    assert outline is not None
    return outline


def test_dry_run_predicts_real_run(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"num_epochs": 3, "max_steps": 7, "keep_last_n": 2})
    outline = _outline(workspace)
    assert not (workspace.path / "checkpoints").exists(), "nothing is written"
    assert workspace.command("train", "training.yaml").returncode == 0
    said = workspace.events(outline.name)
    started = said[0]
    assert isinstance(started, events.RunStarted)
    for key in ("parameters", "steps_per_epoch", "effective_batch", "tokens_per_step", "ends_by"):
        assert getattr(outline, key) == getattr(started, key), key
    assert outline.steps == started.total_steps == 7
    saved = [event for event in said if isinstance(event, events.CheckpointSaved)]
    assert len(saved) == outline.checkpoints.written
    # Beside the numbers there are a few kilobytes of text and of PyTorch's random state.
    assert 0 < saved[-1].size - outline.checkpoints.bytes_each < 25_000
    measured = [event for event in said if isinstance(event, events.Validation)]
    assert len(measured) == outline.validations
    kept = checkpoints_in(workspace.run_folder(outline.name) / "checkpoints")
    assert len(kept) <= outline.checkpoints.kept
    assert outline.training_tokens + outline.validation_tokens == len(TEXT)


def test_validations_are_counted_as_they_happen(workspace: Workspace) -> None:
    held_out = _outline(workspace).validation_tokens
    for most, counted in ((held_out, held_out), (40, 32)):  # Two sequences of 16 tokens.
        workspace.write_recipe(training_config={"max_validation_tokens": most})
        assert _outline(workspace).tokens_per_validation == counted
    workspace.write("one.jsonl", '{"prompt": "1+1=", "response": "2"}\n')
    workspace.write_recipe(training_config={"data_path": "one.jsonl"})
    assert _outline(workspace).validations == 0


def test_dry_run_reports_whether_epochs_or_steps_end_run(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"num_epochs": 2, "max_steps": 10_000})
    outline = _outline(workspace)
    assert (outline.ends_by, outline.epochs) == ("num_epochs", 2)
    assert outline.steps == 2 * outline.steps_per_epoch
    assert _outline(workspace, "--max-steps", "3").ends_by == "max_steps"


def test_text_output_describes_run_and_warnings(workspace: Workspace) -> None:
    workspace.write_recipe(
        training_config={"gradient_accumulation_steps": 3, "use_moreh_adamw": True, "max_steps": 1}
    )
    result = workspace.command("train", "training.yaml", "--dry-run", "--name", "mine")
    assert result.returncode == 0
    assert "run            mine, in checkpoints/mine/\n" in result.stdout
    assert "effective batch 12 = 4 × 3, 192 tokens\n" in result.stdout
    assert "1 step (max_steps ends the run)" in result.stdout
    assert "warning: training.yaml:11:3: `use_moreh_adamw`" in result.stdout


@pytest.mark.parametrize(
    ("training", "key", "message"),
    [
        ({"batch_size": 0}, "training_config.batch_size", "at least 1"),
        ({"data_path": "none.txt"}, "training_config.data_path", "names no file"),
        ({"data_path": "short.txt"}, "transformer_config.max_sequence_length", "train on more"),
    ],
)
def test_dry_run_reports_errors_of_recipe_and_data(
    workspace: Workspace, training: dict[str, Any], key: str, message: str
) -> None:
    workspace.write("short.txt", "abc")
    workspace.write_recipe(training_config=training)
    answer = _ask(workspace)
    assert answer.outline is None
    assert [error.config_path for error in answer.errors] == [key]
    assert message in answer.errors[0].message
    result = workspace.command("train", "training.yaml", "--dry-run")
    assert (result.returncode, result.stdout) == (1, "")
    assert answer.errors[0].message in result.stderr


def test_warnings_have_keys_and_places(workspace: Workspace) -> None:
    workspace.write_recipe(training_config={"batch_size": 100_000, "validation_split": 0.0001})
    warned = {warning.config_path: warning.place for warning in _ask(workspace).warnings}
    assert warned == {
        "training_config.batch_size": "training.yaml:4:15",
        "training_config.validation_split": "training.yaml:10:21",
    }


def test_dry_run_warns_if_checkpoints_exceed_disk(workspace: Workspace) -> None:
    model = {"embedding_dim": 65536, "num_blocks": 96, "max_sequence_length": 16}
    workspace.write_model(**model)
    workspace.write_recipe(training_config={"keep_last_n": 1000, "max_steps": 10_000})
    found = _ask(workspace).warnings
    (warning,) = (one for one in found if one.config_path == "training_config.keep_last_n")
    assert "TB and the disk has" in warning.message


def test_dry_run_of_huge_depth_is_instant(workspace: Workspace) -> None:
    workspace.write_model(num_blocks=10_000, embedding_dim=20_000)
    assert _outline(workspace).parameters > 10**12


def test_dry_run_imports_no_tensor_library(workspace: Workspace) -> None:
    code = (
        "import sys\nfrom trainsmith.__main__ import main\n"
        "try: main(prog_name='trainsmith')\n"
        "finally: print([m for m in ('torch', 'rich', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "train", "training.yaml", "--dry-run", "--format", "json"],
        cwd=workspace.path,
        capture_output=True,
        text=True,
        check=True,
    )
    answer, _, loaded = result.stdout.strip().rpartition("\n")
    assert json.loads(answer)["outline"]
    assert loaded == "[]"


def test_exclusive_options_are_refused(workspace: Workspace) -> None:
    both = workspace.command("train", "training.yaml", "--dry-run", "--smoke")
    assert (both.returncode, "exclude each other" in both.stderr) == (2, True)
    json_run = workspace.command("train", "training.yaml", "--format", "json")
    assert (json_run.returncode, "for --dry-run" in json_run.stderr) == (2, True)


def test_smoke_run_exercises_everything_and_replaces_previous_one(
    workspace: Workspace,
) -> None:
    workspace.write_recipe(
        training_config={"max_steps": 300, "validation_frequency": 100, "checkpoint_frequency": 100}
    )
    assert workspace.command("train", "training.yaml", "--smoke").returncode == 0
    result = workspace.command("train", "training.yaml", "--smoke")
    assert result.returncode == 0, result.stderr
    assert "the whole run takes about" in result.stdout
    assert [path.name for path in (workspace.path / "checkpoints").iterdir()] == ["training-smoke"]
    said = workspace.events("training-smoke")
    kinds = [type(event) for event in said]
    assert kinds.count(events.RunStarted) == 1
    assert kinds.count(events.Step) == 20
    assert kinds.count(events.Validation) == kinds.count(events.CheckpointSaved) == 2
    finished = said[-1]
    assert isinstance(finished, events.RunFinished)
    assert finished.whole_run_seconds is not None
    assert (workspace.run_folder("training-smoke") / "final" / "model.safetensors").is_file()


def test_smoke_run_never_replaces_other_run(workspace: Workspace) -> None:
    run = workspace.run_folder("mine")
    run.mkdir(parents=True)
    (run / "precious").touch()
    result = workspace.command("train", "training.yaml", "--smoke", "--name", "mine")
    assert (result.returncode, "exists already" in result.stderr) == (2, True)
    assert (run / "precious").exists()


def test_resumed_smoke_run_is_not_replaced(workspace: Workspace) -> None:
    assert workspace.command("train", "training.yaml", "--smoke").returncode == 0
    longer = ("--resume", "--name", "training-smoke", "--max-steps", "8")
    assert workspace.command("train", "training.yaml", *longer).returncode == 0
    result = workspace.command("train", "training.yaml", "--smoke")
    assert (result.returncode, "exists already" in result.stderr) == (2, True)


def test_active_smoke_run_is_not_replaced(workspace: Workspace) -> None:
    run = workspace.run_folder("training-smoke")
    run.mkdir(parents=True)
    (run / SMOKE_MARK).touch()
    with hold(run / EVENTS):
        result = workspace.command("train", "training.yaml", "--smoke")
    assert (result.returncode, "running in another process" in result.stderr) == (2, True)


def test_recipe_name_may_contain_any_script(workspace: Workspace) -> None:
    recipe = "мой рецепт (1).yaml"
    workspace.write(recipe, (workspace.path / "training.yaml").read_text(encoding="utf-8"))
    assert workspace.command("train", recipe, "--smoke").returncode == 0
    assert workspace.command("train", recipe).returncode == 0
    longer = ("--resume", "--name", "мой рецепт (1)-001", "--max-steps", "8")
    assert workspace.command("train", recipe, *longer).returncode == 0


def test_whole_run_estimate_counts_steps_validations_and_checkpoints() -> None:
    def plan(steps: int, every: int) -> Plan:
        return Plan(steps, "max_steps", 10, 4, 4, 64, validate_every=every, save_every=every)

    validating, saving = Stopwatch(), Stopwatch()
    # Two of each; every validation took 3 seconds, every checkpoint 1.
    for stopwatch, seconds in ((validating, 6.0), (saving, 2.0)):
        for _ in range(2):
            stopwatch.timed(lambda step: step)(1)
        stopwatch.seconds = seconds
    seconds = seconds_of(
        plan(1000, 100), done=plan(20, 10), trained=18.0, validating=validating, saving=saving
    )
    assert seconds == pytest.approx(1000 * 0.5 + 10 * 3 + 10 * 1)
