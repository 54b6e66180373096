"""Saving a backend's state in a checkpoint, and restoring it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.layout import CHECKPOINTS, RESOLVED
from trainsmith_trainer.backends.base import Arrays, Backend, DamagedStateError
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.formatting import change_text
from trainsmith_trainer.run.loop import Emit, Progress
from trainsmith_trainer.run.prepare import Run
from trainsmith_trainer.run.resume import changed_environment, refuse_another_model
from trainsmith_trainer.run.saved_files import saved_files, saved_weights
from trainsmith_trainer.run.sharded_saving import save_with_other_ranks
from trainsmith_trainer.run_dir.checkpoint import (
    MODEL,
    Best,
    DamagedCheckpointError,
    State,
    checkpoint_name,
    read_checkpoint,
    read_tensors,
    rotate,
    save_checkpoint,
)

_ANOTHER = "resume from another checkpoint, or start a new run"


def restore(run: Run, backend: Backend, emit: Emit) -> Progress:
    """Restore a backend from the checkpoint that a run resumes from, if there is one.

    Raises:
        RunError: the checkpoint is damaged, or belongs to another model or optimizer.
    """
    for message in run.resume.warnings:
        emit(events.Warned(time=time.time(), message=message))
    checkpoint = run.resume.checkpoint
    if checkpoint is None:
        return Progress()
    for change in refuse_another_model(checkpoint, run.inputs.settings):
        if change.matters:
            message = f"changed since {checkpoint.path.name}: {change_text(change)}"
            emit(events.Warned(time=time.time(), message=message, config_path=change.keys[0]))
    for message in changed_environment(checkpoint.state.setting, _setting(run, backend)):
        emit(events.Warned(time=time.time(), message=message))
    state = checkpoint.state
    try:
        tensors = read_tensors(checkpoint)
        weights = saved_weights(run, tensors.model)
        backend.restore(weights, tensors.optimizer, tensors.random)
    except DamagedCheckpointError as error:
        raise RunError(str(error), advice=_ANOTHER) from None
    except DamagedStateError as error:
        raise RunError(f"{checkpoint.path} is damaged: {error}", advice=_ANOTHER) from None
    except ValueError as error:
        raise RunError(
            f"{checkpoint.path} does not fit this run: {error}",
            advice="undo the changes in `optimizer`, or start a new run",
            config_path="training_config.optimizer",
        ) from None
    best = state.best if state.best and (run.folder / path_of(state.best)).is_dir() else None
    # The recipe may keep fewer than before, for example because the disk was full.
    _rotate(run, best, emit, checkpoint.path)
    return Progress(
        step=state.step,
        position=state.position,
        loss=state.loss,
        validation_loss=state.validation_loss,
        best_validation_loss=state.best_validation_loss,
        best=best,
        saved_at=state.step,
        reference_loss=state.reference_loss,
        stale_validations=state.stale_validations,
    )


def weights_at(run: Run, step: int) -> Arrays:
    """The weights in the checkpoint of a step.

    Raises:
        RunError: the checkpoint is damaged.
    """
    try:
        tensors = read_tensors(read_checkpoint(run.folder / CHECKPOINTS / checkpoint_name(step)))
    except DamagedCheckpointError as error:
        raise RunError(str(error)) from None
    return saved_weights(run, tensors.model)


def path_of(best: Best) -> str:
    """The best checkpoint, relative to the run's folder."""
    return f"{CHECKPOINTS}/{checkpoint_name(best.step)}"


def _setting(run: Run, backend: Backend) -> dict[str, Any]:
    """What else affects a result bit by bit."""
    devices = derived.device_count(run.inputs.config.document)
    return {
        "backend": run.inputs.backend.name,
        "device": backend.device,
        "world_size": devices,
        **backend.versions,
    }


def saver(
    run: Run, backend: Backend, resolved: bytes, emit: Emit
) -> Callable[[Progress], Progress]:
    """The function that writes a checkpoint and removes old ones.

    Args:
        run: only this process may be using its folder.
        backend: the state to save.
        resolved: the content of `resolved.yaml`, which each checkpoint includes.
        emit: receives the events.
    """
    folder, inputs = run.folder / CHECKPOINTS, run.inputs
    setting = _setting(run, backend)

    def save(progress: Progress) -> Progress:
        weights = backend.weights()
        if not backend.sharded:  # Otherwise all ranks look at their parts.
            _refuse_non_finite(weights, progress.step, inputs.schedule.key)
        progress = replace(progress, saved_at=progress.step, best=_best(progress))
        is_best = progress.best is not None and progress.best.step == progress.step
        state = State(
            step=progress.step,
            position=progress.position,
            loss=progress.loss,
            validation_loss=progress.validation_loss,
            best_validation_loss=progress.best_validation_loss,
            best=progress.best,
            setting=setting,
            reference_loss=progress.reference_loss,
            stale_validations=progress.stale_validations,
        )
        files = {**saved_files(run, weights), RESOLVED: resolved}
        if backend.sharded:
            files.pop(MODEL, None)  # Its parts replace it.
            path, size = save_with_other_ranks(folder, state, files, backend, inputs, weights)
        else:
            optimizer, random = backend.optimizer_state(), backend.random_state()
            path, size = save_checkpoint(folder, state, files, optimizer, random)
        relative = path.relative_to(run.folder).as_posix()
        emit(
            events.CheckpointSaved(
                time=time.time(), step=progress.step, path=relative, size=size, best=is_best
            )
        )
        _rotate(run, progress.best, emit)
        return progress

    return save


def _rotate(run: Run, best: Best | None, emit: Emit, verified: Path | None = None) -> None:
    folder, keep_last = run.folder / CHECKPOINTS, run.inputs.training.keep_last_n
    for error in rotate(folder, keep_last=keep_last, best=best, verified=verified):
        emit(events.Warned(time=time.time(), message=f"{error}; older checkpoints are kept"))


def _best(progress: Progress) -> Best | None:
    """The best checkpoint after this one was saved, if its validation loss was measured."""
    loss = progress.validation_loss
    if loss is None or progress.validated_at != progress.step:
        return progress.best
    if progress.best and progress.best.validation_loss <= loss:
        return progress.best
    return Best(progress.step, loss)


def _refuse_non_finite(weights: Arrays, step: int, rate_key: str) -> None:
    """Do not save NaN or infinite weights: rotation would remove a good checkpoint for them."""
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise RunError(
                f"after step {step} the weights in {name} are no longer numbers; nothing was saved",
                advice="lower the learning rate",
                config_path=rate_key,
            )
