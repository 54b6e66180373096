"""A run's folder before the first step: cleaning it up, and describing the run in it."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainsmith_schemas.editor.names import TASK_VARIABLE
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import (
    CHECKPOINTS,
    EVENTS,
    FINAL,
    LOG,
    RECIPE,
    RESOLVED,
    SAMPLES,
    SMOKE_MARK,
    STOP,
)
from trainsmith_system import limits
from trainsmith_system.reading import read_bytes
from trainsmith_system.writing import (
    remove_folder,
    remove_leftovers,
    require_own_folder,
    write_file,
)
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.report.snapshot import resolved_yaml
from trainsmith_trainer.run.loop import Emit
from trainsmith_trainer.run.plan import plan_warnings
from trainsmith_trainer.run.prepare import Run
from trainsmith_trainer.run.provenance import provenance
from trainsmith_trainer.run.resume import set_damaged_aside


def refuse_other_entries(folder: Path) -> None:
    """Refuse a run's folder in which somebody has put other folders where files are written.

    Raises:
        RunError: with the first of them.
    """
    for name in (EVENTS, RECIPE, RESOLVED, LOG, SAMPLES, SMOKE_MARK, STOP):
        if (folder / name).is_dir():
            raise RunError(
                f"{folder / name} is a folder, and a run has a file of this name",
                advice="rename it, or start a run with another --name",
            )


def clean_up(run: Run) -> None:
    """Remove what a killed process left behind; only this process uses the folder now."""
    require_own_folder(run.folder)
    require_own_folder(run.folder / CHECKPOINTS)
    (run.folder / CHECKPOINTS).mkdir(exist_ok=True)
    for folder in (run.folder, run.folder / CHECKPOINTS):
        remove_leftovers(folder)
    (run.folder / STOP).unlink(missing_ok=True)
    if run.resume.folder:
        set_damaged_aside(run.folder, run.resume.checkpoint)
        _archive(run.folder / FINAL, run.resume.step)
        if not run.inputs.smoke:
            (run.folder / SMOKE_MARK).unlink(missing_ok=True)


def describe(run: Run, backend: Backend, emit: Emit) -> bytes:
    """Write the recipe and its resolved values, and emit the run's first events.

    Returns:
        The content of `resolved.yaml`.
    """
    inputs, resume = run.inputs, run.resume
    config, plan = inputs.config, inputs.plan
    derived: dict[str, Any] = {
        "backend": inputs.backend.name,
        "device": backend.device,
        "parameters": backend.parameters,
        "trained_parameters": backend.trained_parameters,
        "vocabulary": inputs.model.vocab_size,
        "training_tokens": len(inputs.corpus.training),
        "validation_tokens": len(inputs.corpus.validation),
        "data_sha256": inputs.corpus.digest,
        "learning_rate": inputs.schedule.peak,
        "learning_rate_key": inputs.schedule.key,
        **asdict(plan),
    }
    resolved = resolved_yaml(config, derived, provenance(config, backend.versions)).encode()
    _write_archiving(run.folder / RECIPE, config.text.encode(), resume.step)
    _write_archiving(run.folder / RESOLVED, resolved, resume.step)
    emit(
        events.RunStarted(
            time=time.time(),
            name=run.folder.name,
            config=str(config.path),
            backend=inputs.backend.name,
            device=backend.device,
            parameters=backend.parameters,
            trained_parameters=backend.trained_parameters if inputs.lora else None,
            model_path=inputs.model.model_path or None,
            total_steps=plan.total_steps,
            ends_by=plan.ends_by,
            steps_per_epoch=plan.steps_per_epoch,
            effective_batch=plan.effective_batch,
            tokens_per_step=plan.tokens_per_step,
            steps_before=resume.step,
            resumed_from=resume.origin,
            parent=resume.parent,
            smoke=inputs.smoke,
            task=os.environ.get(TASK_VARIABLE),
        )
    )
    for problem in config.warnings:
        message = f"{problem.origin.label}: {problem.message}"
        emit(events.Warned(time=time.time(), message=message, config_path=problem.config_path))
    from_data = plan_warnings(config.document, plan, inputs.corpus)
    for message, key in (*backend.warnings, *from_data):
        emit(events.Warned(time=time.time(), message=message, config_path=key))
    return resolved


def _write_archiving(path: Path, content: bytes, step: int) -> None:
    """Write a file; archive a different earlier version with the step until which it applied."""
    if os.path.lexists(path) and _content(path) != content:
        _archive(path, step)
    write_file(path, content)


def _content(path: Path) -> bytes | None:
    """The content of a file of the run; `None` if it is not a regular file."""
    try:
        return read_bytes(path, limits.RUN_TEXT, follow_links=False)
    except OSError:
        return None


def _archive(path: Path, step: int) -> None:
    """Rename an earlier version, if it exists, replacing an archived one of the same step."""
    archived = path.with_name(f"{path.stem}.until-step-{step:06d}{path.suffix}")
    if path.is_dir() and archived.exists():
        remove_folder(archived)
    if path.exists():
        path.replace(archived)
