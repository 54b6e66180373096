"""A resumed run equals a run that was never stopped, bit for bit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from bf16 import pretend_bf16_units
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from workspace import Workspace, make_workspace

from patience import PATIENCE
from trainsmith_schemas.runs import events
from trainsmith_system.lock import hold
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.config.source import Override
from trainsmith_trainer.run.resume import LATEST, changed_environment, plan_resume
from trainsmith_trainer.run.training import run_training
from trainsmith_trainer.run_dir import checkpoint as checkpoint_module
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in, verify_checkpoint

STEPS = 9

RECIPES = st.fixed_dictionaries(
    {
        "data_path": st.sampled_from(["text.txt", "examples.jsonl"]),
        "packing": st.booleans(),
        "document_starts": st.booleans(),
        "tokenizer_type": st.sampled_from(["char", "bpe"]),
        "gradient_accumulation_steps": st.sampled_from([1, 3]),
        "seed": st.integers(0, 2**32 - 1),
        "scheduler_type": st.sampled_from(["identity", "warmup_linear"]),
        "use_clip_grad_norm": st.booleans(),
        "precision": st.sampled_from(["fp32", "bf16"]),
        "use_kahan_summation": st.booleans(),
        "validation_frequency": st.integers(1, 5),
        "checkpoint_frequency": st.integers(1, 4),
        "optimizer": st.sampled_from(
            [
                {"type": "AdamW"},
                {"type": "AdamW", "amsgrad": True},
                {"type": "SGD", "momentum": 0.9, "nesterov": True},
                {"type": "SGD"},
                {"type": "AdamWFullPrecision"},
                {"type": "Muon"},
                {"type": "NoOp"},
            ]
        ),
    }
)
SHAPES = st.sampled_from(
    [
        {"model_type": "gpt2"},
        {"model_type": "gpt2", "bias": False, "positional_embedding_type": "fixed"},
        {"model_type": "llama", "weight_tying": "enabled", "num_groups": 2},
        {"model_type": "mistral", "sliding_window": 5},
        {"model_type": "gpt2", "runner_type": "memory_efficient"},
    ]
)


@contextmanager
def _inside(folder: Path) -> Generator[None, None, None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def every_precision() -> Generator[None, None, None]:
    with pytest.MonkeyPatch.context() as patch:
        pretend_bf16_units(patch, present=True)
        yield


def _train(workspace: Workspace, name: str, resume: Path | None = None) -> None:
    with _inside(workspace.path):
        recipe = Path("training.yaml")
        plan = plan_resume(Path("checkpoints"), recipe, name, resume) if resume else None
        assert run_training(load_config(recipe), name, resume=plan) == 0


def _course(workspace: Workspace, name: str, after: int = 0) -> list[tuple[Any, ...]]:
    """Everything that a run computed after a step; the last event of each step counts."""
    history: dict[tuple[str, int], tuple[Any, ...]] = {}
    for event in workspace.events(name):
        match event:
            case events.Step(step=step) if step > after:
                figures = (event.loss, event.grad_norm, event.learning_rate, event.epoch)
                history["step", step] = figures
            case events.Validation(step=step) if step > after:
                history["validation", step] = (event.loss, event.best)
            case events.Sample(step=step) if step > after:
                history["sample", step] = (event.text,)
            case events.RunFinished():
                history["end", 0] = (event.loss, event.validation_loss)
            case _:
                pass
    return sorted((key, value) for key, value in history.items())


def _final(workspace: Workspace, name: str) -> dict[str, bytes]:
    folder = workspace.run_folder(name) / "final"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _last_checkpoint(workspace: Workspace, name: str) -> dict[str, Any]:
    """Weights, moments, random states and position; the settings may contain another name."""
    path = workspace.run_folder(name) / "checkpoints" / f"step-{STEPS:06d}"
    contents = {file.name: file.read_bytes() for file in path.glob("*.safetensors")}
    assert len(contents) == 3
    return {**contents, "position": verify_checkpoint(path).position}


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.usefixtures("every_precision")
@given(recipe=RECIPES, shape=SHAPES, choice=st.randoms(use_true_random=False))
def test_resume_from_any_checkpoint_is_bit_identical(
    tmp_path_factory: pytest.TempPathFactory, recipe: dict[str, Any], shape: Any, choice: Any
) -> None:
    workspace = make_workspace(tmp_path_factory.mktemp("resume"))
    workspace.write_model(dropout_prob=0.2, **shape)
    training = {"max_steps": STEPS, "keep_last_n": STEPS, "num_epochs": 99, **recipe}
    # Twelve sequences or so: the stop may be in any epoch.
    workspace.write("text.txt", "To be, or not to be: that is the question.\n" * 6)
    lines = (f'{{"prompt": "{n} + 1 = ", "response": "{n + 1}"}}\n' for n in range(13))
    workspace.write("examples.jsonl", "".join(lines))
    workspace.write_recipe(training_config=training, eval_config={"temperature": 1.0})
    _train(workspace, "whole")

    found = checkpoints_in(workspace.run_folder("whole") / "checkpoints")
    path = choice.choice(found[:-1])
    torch.manual_seed(0)  # What this process did before must not matter.
    _train(workspace, "resumed", resume=path.relative_to(workspace.path))
    step = verify_checkpoint(path).step
    assert _course(workspace, "resumed") == _course(workspace, "whole", after=step)
    assert _final(workspace, "resumed") == _final(workspace, "whole")
    assert _last_checkpoint(workspace, "resumed") == _last_checkpoint(workspace, "whole")
    shutil.rmtree(workspace.path)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A run with checkpoints at 2 and 4 that was cut off after 5 of 6 steps."""
    workspace = make_workspace(tmp_path_factory.mktemp("stopped"))
    workspace.write_recipe(training_config={"keep_last_n": 5})
    for name in ("whole", "cut"):
        result = workspace.command("train", "training.yaml", "--name", name)
        assert result.returncode == 0, result.stderr
    folder = workspace.run_folder("cut")
    shutil.rmtree(folder / "final")
    shutil.rmtree(folder / "checkpoints" / "step-000006")
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    last = next(i for i, line in enumerate(lines) if '"step","step":6' in line)
    (folder / "events.jsonl").write_text("".join(lines[:last]) + '{"time": 1.0, "eve')
    return workspace


@pytest.fixture
def cut(stopped: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(stopped.path, tmp_path / "copy")
    return Workspace(tmp_path / "copy")


def _resume(workspace: Workspace, *options: str, code: int = 0) -> str:
    """The output of `--resume`, or only its errors if it fails."""
    result = workspace.command("train", "training.yaml", "--resume", *options)
    assert result.returncode == code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr if code else result.stdout + result.stderr


def _warnings(workspace: Workspace, name: str = "cut") -> list[str]:
    return [event.message for event in workspace.events(name) if isinstance(event, events.Warned)]


@pytest.mark.parametrize("options", [(), ("--name", "cut")])
def test_resume_continues_newest_run_in_its_folder(cut: Workspace, options: tuple[str]) -> None:
    assert "run cut, from step 4 (checkpoints/step-000004)" in _resume(cut, *options)
    assert _final(cut, "cut") == _final(cut, "whole")
    assert _course(cut, "cut") == _course(cut, "whole")
    starts = [event for event in cut.events("cut") if isinstance(event, events.RunStarted)]
    assert [start.steps_before for start in starts] == [0, 4]


def test_resumed_checkpoint_is_hashed_once(cut: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []
    digest: Callable[[Path], str] = vars(checkpoint_module)["_digest_of_file"]

    def count(path: Path) -> str:
        hashed.append(path)
        return digest(path)

    monkeypatch.setattr(checkpoint_module, "_digest_of_file", count)
    with _inside(cut.path):
        recipe = Path("training.yaml")
        plan = plan_resume(Path("checkpoints"), recipe, "cut", LATEST)
        # Fewer checkpoints are kept than before, so some are removed before the first step.
        fewer = Override(("training_config", "keep_last_n"), 1, "--set")
        assert run_training(load_config(recipe, [fewer]), "cut", resume=plan) == 0
    files = [path.name for path in hashed if path.parent.name == "step-000004"]
    assert sorted(files) == [f"{n}.safetensors" for n in ("model", "optimizer", "random")]


def test_resume_ignores_runs_of_other_recipes(cut: Workspace) -> None:
    for recipe in ("training_v2.yaml", "elsewhere/training.yaml"):
        (cut.path / recipe).parent.mkdir(exist_ok=True)
        cut.write(recipe, (cut.path / "training.yaml").read_text(encoding="utf-8"))
        result = cut.command("train", recipe, "--resume")
        assert result.returncode == 1
        assert f"has no run of {recipe}" in result.stderr
        assert "is cut; --name cut resumes it" in result.stderr


def test_resume_sets_previous_final_model_aside(cut: Workspace) -> None:
    longer = ("--resume", "--name", "whole", "--max-steps", "8")
    before = _final(cut, "whole")
    assert cut.command("train", "training.yaml", *longer).returncode == 0
    kept = cut.run_folder("whole") / "final.until-step-000006"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before
    assert _final(cut, "whole") != before


def test_damaged_checkpoint_falls_back_to_previous_one(cut: Workspace) -> None:
    damaged = cut.run_folder("cut") / "checkpoints" / "step-000004"
    content = bytearray((damaged / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (damaged / "model.safetensors").write_bytes(content)
    said = _resume(cut)
    assert "from step 2 (checkpoints/step-000002)" in said
    named = "checkpoints/cut/checkpoints/step-000004/model.safetensors is not what was written"
    assert f"warning: {named}; the checkpoint before it is used" in said
    assert (damaged.parent / "step-000004.damaged").is_dir(), "nothing is thrown away"
    assert _final(cut, "cut") == _final(cut, "whole")


def test_run_without_intact_checkpoint_restarts(cut: Workspace) -> None:
    shutil.rmtree(cut.run_folder("cut") / "checkpoints")
    assert "has no intact checkpoint: the run starts over" in _resume(cut)
    assert _final(cut, "cut") == _final(cut, "whole")
    assert _course(cut, "cut") == _course(cut, "whole")


def test_run_killed_before_first_checkpoint_resumes(cut: Workspace) -> None:
    cut.run_folder("newborn").mkdir()
    _resume(cut, "--name", "newborn")
    assert _final(cut, "newborn") == _final(cut, "whole")


def test_changed_model_is_refused_with_difference(cut: Workspace) -> None:
    before = sorted(cut.run_folder("cut").rglob("*"))
    said = _resume(cut, "--set", "transformer_config.embedding_dim=64", code=1)
    assert "    embedding_dim 32 → 64\n" in said
    assert "start a new run without --resume" in said
    cut.write("text.txt", "Another text. " * 300)
    assert "the data has a different vocabulary" in _resume(cut, code=1)
    assert sorted(cut.run_folder("cut").rglob("*")) == before, "nothing was written"


def test_changed_optimizer_is_refused(cut: Workspace) -> None:
    said = _resume(cut, "--set", "training_config.optimizer.type=SGD", code=1)
    assert "its optimizer state has exp_avg, exp_avg_sq, step" in said
    assert "(training_config.optimizer, " in said


def test_other_changes_are_warned_about_and_previous_files_kept(cut: Workspace) -> None:
    _resume(
        cut,
        *("--set", "training_config.learning_rate=0.0005"),
        *("--set", "transformer_config.dropout_prob=0.0"),
        *("--set", "training_config.log_level=DEBUG"),
    )
    assert _warnings(cut) == [
        "changed since step-000004: learning rate 0.001 → 0.0005",
        "changed since step-000004: dropout_prob 0.1 → 0",
    ]
    folder = cut.run_folder("cut")
    before = (folder / "resolved.until-step-000004.yaml").read_text(encoding="utf-8")
    assert "learning_rate: 0.001 " in before
    assert "learning_rate: 0.0005" in (folder / "resolved.yaml").read_text(encoding="utf-8")


def test_changed_thread_count_is_warned_about(cut: Workspace) -> None:
    environment = {"OMP_NUM_THREADS": "2"}
    with cut.start("train", "training.yaml", "--resume", environment=environment) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    said = "device was CPU, 1 thread and is now CPU, 2 threads"
    assert f"warning: {said}: results agree only up to rounding" in output


def test_changed_world_size_is_warned_about() -> None:
    before = {"device": "CPU", "world_size": 2, "torch": "2.9"}
    (said,) = changed_environment(before, {**before, "world_size": 1})
    assert said == "world_size was 2 and is now 1: results agree only up to rounding"
    assert list(changed_environment(before, before)) == []


def test_finished_run_resumes_only_with_more_steps(cut: Workspace) -> None:
    said = _resume(cut, "--name", "whole", code=1)
    assert "the run whole has finished" in said
    assert "raise max_steps" in said
    _resume(cut, "--name", "whole", "--max-steps", "8")
    assert [event.step for event in cut.events("whole") if isinstance(event, events.Step)] == [
        *range(1, 9)
    ]


def test_interrupted_finish_is_completed(cut: Workspace) -> None:
    folder = cut.run_folder("whole")
    shutil.rmtree(folder / "final")
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "events.jsonl").write_text("".join(lines[:-1]), encoding="utf-8")
    _resume(cut, "--name", "whole")
    assert (folder / "final" / "model.safetensors").is_file()
    assert isinstance(cut.events("whole")[-1], events.RunFinished)


def test_older_checkpoint_starts_new_branch(cut: Workspace) -> None:
    older = "checkpoints/cut/checkpoints/step-000002"
    said = _resume(cut, older, code=1)
    assert "cut has newer checkpoints than step-000002, up to step-000004" in said
    _resume(cut, older, "--name", "branch")
    assert _final(cut, "branch") == _final(cut, "whole")
    start = cut.events("branch")[0]
    assert isinstance(start, events.RunStarted)
    assert (start.steps_before, start.parent) == (2, "cut")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--name", "none"), "there is no run checkpoints/none"),
        (("nowhere",), "nowhere/SHA256SUMS cannot be read"),
        (("--set", "training_config.max_steps=3"), "has taken 4 steps, and the recipe ends"),
    ],
)
def test_unresumable_requests_are_refused(
    cut: Workspace, options: tuple[str], message: str
) -> None:
    assert message in _resume(cut, *options, code=1)


def test_resume_without_any_run_is_refused(workspace: Workspace) -> None:
    assert "there is nothing to resume" in _resume(workspace, code=1)


def test_run_is_locked_to_one_process(cut: Workspace) -> None:
    with hold(cut.run_folder("cut") / "events.jsonl"):
        assert "the run cut is running in another process" in _resume(cut, code=1)
