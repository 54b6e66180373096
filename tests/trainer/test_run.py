"""Whole runs in real processes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import safetensors.numpy
import torch
import transformers
import yaml
from workspace import TEXT, Workspace

from trainsmith_schemas.runs import events
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in, verify_checkpoint


def test_run_folder_contains_all_artifacts(finished: Workspace) -> None:
    folder = finished.run_folder()
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "config.yaml",
        "resolved.yaml",
        "events.jsonl",
        "training.log",
        "validation.txt",
        "training_curves.png",
        "checkpoints",
        "final",
    }
    recipe = (finished.path / "training.yaml").read_bytes()
    assert (folder / "config.yaml").read_bytes() == recipe
    assert (folder / "training_curves.png").read_bytes().startswith(b"\x89PNG")
    assert "step 6  loss" in (folder / "training.log").read_text(encoding="utf-8")
    samples = (folder / "validation.txt").read_text(encoding="utf-8")
    assert samples.count("=== step") == samples.count("validation loss") == 2


def test_events_cover_every_step_validation_and_checkpoint(finished: Workspace) -> None:
    said = finished.events()
    assert isinstance(said[0], events.RunStarted)
    assert said[0].total_steps == 6
    assert said[0].ends_by == "max_steps"
    assert said[0].tokens_per_step == 64
    steps = [event for event in said if isinstance(event, events.Step)]
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[-1].loss < steps[0].loss
    assert [event.step for event in said if isinstance(event, events.Validation)] == [3, 6]
    assert [event.step for event in said if isinstance(event, events.CheckpointSaved)] == [2, 4, 6]
    assert isinstance(said[-1], events.RunFinished)
    assert said[-1].loss == steps[-1].loss


def test_rotation_keeps_newest_checkpoints_intact(finished: Workspace) -> None:
    found = checkpoints_in(finished.run_folder() / "checkpoints")
    # Of 2, 4 and 6 the last two stay; the third step's loss is known, and 6 is better.
    assert [verify_checkpoint(path).step for path in found] == [4, 6]
    optimizer = safetensors.numpy.load_file(found[-1] / "optimizer.safetensors")
    assert optimizer["step"] == 6


def test_resolved_config_names_origin_of_each_value(finished: Workspace) -> None:
    text = (finished.run_folder() / "resolved.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert "  batch_size: 4  # training.yaml:4:15" in lines
    assert "  seed: 42  # default" in lines
    assert "  embedding_dim: 32  # model.yaml:2:18" in lines
    assert yaml.safe_load(text)["training_config"]["max_steps"] == 6


def test_final_model_loads_in_transformers(finished: Workspace) -> None:
    final = finished.run_folder() / "final"
    model = transformers.AutoModelForCausalLM.from_pretrained(final)
    tokenizer = transformers.AutoTokenizer.from_pretrained(final)
    tokens = tokenizer(TEXT[:16], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        loss = model(tokens, labels=tokens).loss.item()
    assert loss < np.log(len(set(TEXT))), "better than guessing"


def test_greedy_generation_equals_transformers(finished: Workspace) -> None:
    final = finished.run_folder() / "final"
    result = finished.command(
        *("generate", "checkpoints/training-001", "--prompt", "To be"),
        *("--temperature", "0", "--max-new-tokens", "8"),
    )
    assert result.returncode == 0, result.stderr
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(final)
    tokenizer = transformers.AutoTokenizer.from_pretrained(final)
    tokens = tokenizer("To be", return_tensors="pt")["input_ids"]
    written = model.generate(tokens, max_new_tokens=8, max_length=None, do_sample=False)
    assert result.stdout == tokenizer.decode(written[0]) + "\n"


def test_generate_reports_unknown_characters_and_missing_model(finished: Workspace) -> None:
    run = "checkpoints/training-001"
    unknown = finished.command("generate", run, "--prompt", "Ünknown")
    assert unknown.returncode == 1
    assert "the model's 23 characters do not include 'k', 'w', 'Ü'" in unknown.stderr
    nothing = finished.command("generate", "checkpoints")
    assert nothing.returncode == 1
    assert "neither final/ nor a checkpoint" in nothing.stderr
    assert "Traceback" not in unknown.stderr + nothing.stderr


def test_generate_requires_prompt_with_tokens(workspace: Workspace) -> None:
    numbers = [number % 50 for number in range(400)]
    workspace.write("numbers.yaml", f"tokens: {numbers}\ntokenizer_vocab_size: 50\n")
    trained = workspace.command(
        "train", "training.yaml", "--data", "numbers.yaml", "--max-steps", "1"
    )
    assert trained.returncode == 0, trained.stderr
    result = workspace.command("generate", "training-001")
    assert (result.returncode, "no token for this prompt" in result.stderr) == (1, True)


def _losses(workspace: Workspace, name: str) -> list[float]:
    return [event.loss for event in workspace.events(name) if isinstance(event, events.Step)]


def _samples(workspace: Workspace, name: str) -> list[str]:
    return [event.text for event in workspace.events(name) if isinstance(event, events.Sample)]


def test_same_seed_reproduces_run_exactly(workspace: Workspace) -> None:
    workspace.write_recipe(eval_config={"temperature": 1.0})
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        setting = f"training_config.seed={seed}"
        result = workspace.command("train", "training.yaml", "--name", name, "--set", setting)
        assert result.returncode == 0, result.stderr
    assert _losses(workspace, "one") == _losses(workspace, "again")
    assert _losses(workspace, "one") != _losses(workspace, "other")
    assert _samples(workspace, "one") == _samples(workspace, "again")
    final = [
        (workspace.run_folder(name) / "final" / "model.safetensors").read_bytes()
        for name in ("one", "again")
    ]
    assert final[0] == final[1]


def test_taken_name_is_refused_and_default_names_count_up(workspace: Workspace) -> None:
    workspace.run_folder("mine").mkdir(parents=True)
    workspace.run_folder("training-007").mkdir()
    result = workspace.command("train", "training.yaml", "--name", "mine")
    assert result.returncode == 2
    assert "exists already" in result.stderr
    result = workspace.command("train", "training.yaml", "--max-steps", "1")
    assert result.returncode == 0
    assert workspace.run_folder("training-008").is_dir()


def test_divergence_stops_run_before_weights_are_corrupted(workspace: Workspace) -> None:
    result = workspace.command(
        *("train", "training.yaml", "--set", "training_config.learning_rate=1e30"),
        *(
            "--set",
            "training_config.max_steps=50",
            "--set",
            "training_config.checkpoint_frequency=1",
        ),
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    failed = workspace.events()[-1]
    assert isinstance(failed, events.RunFailed)
    assert failed.config_path == "training_config.learning_rate"
    # An option had set it, so there is no line to show it on.
    assert (failed.file, failed.line) == (None, None)
    assert failed.change == events.Change(key="training_config.learning_rate", value=1e-4)
    assert "the weights were left as they were" in failed.message
    assert "the last checkpoint is checkpoints/step-" in str(failed.advice)
    assert not (workspace.run_folder() / "final").exists()
    newest = checkpoints_in(workspace.run_folder() / "checkpoints")[-1]
    assert verify_checkpoint(newest).step == failed.step


def test_keys_without_effect_cause_warnings(workspace: Workspace) -> None:
    workspace.write_recipe(
        training_config={"use_moreh_adamw": True, "project_name": "x", "max_steps": 1},
        device_config={"enable_ddp": True},
    )
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0
    warned = {
        event.config_path: event.message
        for event in workspace.events()
        if isinstance(event, events.Warned)
    }
    assert set(warned) == {
        "training_config.use_moreh_adamw",
        "training_config.project_name",
        "device_config.enable_ddp",
    }
    assert warned["device_config.enable_ddp"].startswith("training.yaml:13:3: `enable_ddp`")


def test_run_reports_whether_epochs_or_steps_end_it(workspace: Workspace) -> None:
    workspace.write_recipe(
        training_config={"num_epochs": 1, "max_steps": 1000, "save_strategy": "epoch"}
    )
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0
    assert "num_epochs ends the run" in result.stdout
    started = workspace.events()[0]
    assert isinstance(started, events.RunStarted)
    assert started.ends_by == "num_epochs"
    assert started.total_steps == started.steps_per_epoch


def _saved(workspace: Workspace) -> list[events.CheckpointSaved]:
    said = workspace.events()
    return [event for event in said if isinstance(event, events.CheckpointSaved)]


def test_save_strategy_epoch_saves_at_end_of_each_epoch(workspace: Workspace) -> None:
    workspace.write("text.txt", TEXT[:600])
    workspace.write_recipe(
        training_config={
            "num_epochs": 2,
            "max_steps": None,
            "save_strategy": "epoch",
            "checkpoint_frequency": 1,
        }
    )
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0, result.stderr
    started = workspace.events()[0]
    assert isinstance(started, events.RunStarted)
    epoch = started.steps_per_epoch
    assert epoch > 1
    assert [event.step for event in _saved(workspace)] == [epoch, 2 * epoch]
    steps = {event.step: event for event in workspace.events() if isinstance(event, events.Step)}
    assert [steps[epoch].epoch, steps[epoch + 1].epoch] == [1, 2]


def test_rotation_keeps_best_checkpoint(workspace: Workspace) -> None:
    """The rate is far too high, so that the model is best at first."""
    workspace.write_recipe(
        training_config={
            "learning_rate": 0.3,
            "validation_frequency": 1,
            "checkpoint_frequency": 1,
            "keep_last_n": 1,
        }
    )
    result = workspace.command("train", "training.yaml")
    assert result.returncode == 0, result.stderr
    said = workspace.events()
    losses = {event.step: event.loss for event in said if isinstance(event, events.Validation)}
    best = min(losses, key=losses.__getitem__)
    assert best < 6, "else the test shows nothing"
    finished = said[-1]
    assert isinstance(finished, events.RunFinished)
    assert finished.best_checkpoint == f"checkpoints/step-{best:06d}"
    assert [event.step for event in _saved(workspace) if event.best][-1] == best
    kept = checkpoints_in(workspace.run_folder() / "checkpoints")
    assert [verify_checkpoint(path).step for path in kept] == [best, 6]
    final = safetensors.numpy.load_file(workspace.run_folder() / "final" / "model.safetensors")
    newest = safetensors.numpy.load_file(kept[-1] / "model.safetensors")
    assert all(np.array_equal(final[name], newest[name]) for name in newest)


def test_weights_with_nan_are_not_saved(workspace: Workspace) -> None:
    """One step that is so large that the weights overflow float32."""
    too_far = ("--set", "training_config.learning_rate=1e39")
    result = workspace.command(
        *("train", "training.yaml", "--set", "training_config.checkpoint_frequency=1", *too_far)
    )
    assert result.returncode == 1
    assert "are no longer numbers; nothing was saved" in result.stderr
    assert checkpoints_in(workspace.run_folder() / "checkpoints") == []


def test_data_option_replaces_data_path(workspace: Workspace) -> None:
    workspace.write("other.txt", "abc" * 200)
    result = workspace.command("train", "training.yaml", "--data", "other.txt", "--max-steps", "1")
    assert result.returncode == 0
    config = json.loads((workspace.run_folder() / "final" / "config.json").read_text("utf-8"))
    assert config["vocab_size"] == 3
