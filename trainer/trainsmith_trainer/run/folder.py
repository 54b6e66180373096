"""A run's folder before the first step: what is cleared away, and what is written down."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import CHECKPOINTS, FINAL, RECIPE, RESOLVED, SMOKE_MARK
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.report.snapshot import resolved_yaml
from trainsmith_trainer.run.loop import Emit
from trainsmith_trainer.run.plan import plan_warnings
from trainsmith_trainer.run.prepare import Run
from trainsmith_trainer.run.provenance import provenance
from trainsmith_trainer.run.resume import put_damaged_aside
from trainsmith_trainer.storage.atomic import remove_folder, remove_leftovers, write_file


def clean_up(run: Run) -> None:
    """Clear away what a killed process has left; only this process uses the folder now."""
    (run.folder / CHECKPOINTS).mkdir(exist_ok=True)
    for folder in (run.folder, run.folder / CHECKPOINTS):
        remove_leftovers(folder)
    if run.resume.folder:
        put_damaged_aside(run.folder, run.resume.checkpoint)
        _keep_as_it_was(run.folder / FINAL, run.resume.step)
        if not run.inputs.smoke:
            (run.folder / SMOKE_MARK).unlink(missing_ok=True)


def describe(run: Run, backend: Backend, emit: Emit) -> bytes:
    """Write down what is about to happen, before it does.

    Returns:
        Every value of the run, as `resolved.yaml` holds them.
    """
    inputs, resume = run.inputs, run.resume
    config, plan = inputs.config, inputs.plan
    conclusions: dict[str, Any] = {
        "backend": inputs.backend.name,
        "device": backend.device,
        "parameters": backend.parameters,
        "vocabulary": inputs.model.vocab_size,
        "training_tokens": len(inputs.corpus.training),
        "validation_tokens": len(inputs.corpus.validation),
        "data_sha256": inputs.corpus.digest,
        "learning_rate": inputs.schedule.peak,
        "learning_rate_key": inputs.schedule.key,
        **asdict(plan),
    }
    made_with = provenance(config, backend.versions)
    resolved = resolved_yaml(config, conclusions, made_with).encode()
    _write_keeping(run.folder / RECIPE, config.text.encode(), resume.step)
    _write_keeping(run.folder / RESOLVED, resolved, resume.step)
    emit(
        events.RunStarted(
            time=time.time(),
            name=run.folder.name,
            config=str(config.path),
            backend=inputs.backend.name,
            device=backend.device,
            parameters=backend.parameters,
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
        )
    )
    for problem in config.warnings:
        message = f"{problem.origin.label}: {problem.message}"
        emit(events.Warned(time=time.time(), message=message, config_path=problem.config_path))
    said = plan_warnings(config.document, plan, inputs.corpus, inputs.sampler.sequences)
    for message, key in (*backend.warnings, *said):
        emit(events.Warned(time=time.time(), message=message, config_path=key))
    return resolved


def _write_keeping(path: Path, content: bytes, step: int) -> None:
    """Write a file; another one that was there stays, with the step up to which it counted."""
    if path.exists() and path.read_bytes() != content:
        _keep_as_it_was(path, step)
    write_file(path, content)


def _keep_as_it_was(path: Path, step: int) -> None:
    """Rename what counted up to a step, if it is there; of two from one step the newer stays."""
    kept = path.with_name(f"{path.stem}.until-step-{step:06d}{path.suffix}")
    if path.is_dir() and kept.exists():
        remove_folder(kept)
    if path.exists():
        path.replace(kept)
