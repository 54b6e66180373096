"""A run that goes on is the run that was never stopped, bit by bit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from workspace import Workspace, make_workspace

from trainsmith_schemas import events
from trainsmith_trainer.checkpoint import checkpoints_in, read_checkpoint, verify_checkpoint
from trainsmith_trainer.config import load_config
from trainsmith_trainer.run import run_training

STEPS = 9

RECIPES = st.fixed_dictionaries(
    {
        "gradient_accumulation_steps": st.sampled_from([1, 3]),
        "seed": st.integers(0, 2**32 - 1),
        "scheduler_type": st.sampled_from(["identity", "warmup_linear"]),
        "use_clip_grad_norm": st.booleans(),
        "validation_frequency": st.integers(1, 5),
        "checkpoint_frequency": st.integers(1, 4),
        "optimizer": st.sampled_from(
            [
                {"type": "AdamW"},
                {"type": "AdamW", "amsgrad": True},
                {"type": "SGD", "momentum": 0.9, "nesterov": True},
                {"type": "SGD"},
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


def _train(workspace: Workspace, name: str, resume: Path | None = None) -> None:
    with _inside(workspace.path):
        assert run_training(load_config(Path("training.yaml")), name, resume=resume) == 0


def _course(workspace: Workspace, name: str, after: int = 0) -> list[tuple[Any, ...]]:
    """Everything that a run computed after a step, by its last word on each step."""
    course: dict[tuple[str, int], tuple[Any, ...]] = {}
    for event in workspace.events(name):
        match event:
            case events.Step(step=step) if step > after:
                figures = (event.loss, event.grad_norm, event.learning_rate, event.epoch)
                course["step", step] = figures
            case events.Validation(step=step) if step > after:
                course["validation", step] = (event.loss, event.best)
            case events.Sample(step=step) if step > after:
                course["sample", step] = (event.text,)
            case events.RunFinished():
                course["end", 0] = (event.loss, event.validation_loss)
            case _:
                pass
    return sorted((key, value) for key, value in course.items())


def _final(workspace: Workspace, name: str) -> dict[str, bytes]:
    folder = workspace.run_folder(name) / "final"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _last_checkpoint(workspace: Workspace, name: str) -> dict[str, Any]:
    """Weights, moments, random states and position; the settings may tell of another name."""
    path = workspace.run_folder(name) / "checkpoints" / f"step-{STEPS:06d}"
    checkpoint = read_checkpoint(path)
    contents = {
        file: content
        for file, content in checkpoint.contents.items()
        if file.endswith(".safetensors")
    }
    return {**contents, "position": checkpoint.state.position}


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(recipe=RECIPES, shape=SHAPES, choice=st.randoms(use_true_random=False))
def test_going_on_anywhere_is_never_having_stopped(
    tmp_path_factory: pytest.TempPathFactory, recipe: dict[str, Any], shape: Any, choice: Any
) -> None:
    workspace = make_workspace(tmp_path_factory.mktemp("resume"))
    workspace.write_model(dropout_prob=0.2, **shape)
    training = {"max_steps": STEPS, "keep_last_n": STEPS, "num_epochs": 9, **recipe}
    # Twelve sequences or so: the stop may be in any epoch.
    workspace.write("text.txt", "To be, or not to be: that is the question.\n" * 6)
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
