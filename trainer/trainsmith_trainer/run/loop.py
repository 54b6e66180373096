"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from trainsmith_schemas.meaning.advice import lower_rate
from trainsmith_schemas.runs import events
from trainsmith_trainer.backends.base import AbandonedStepError, Backend, Gradient
from trainsmith_trainer.data.batches import Position, Sampler, micro_batches
from trainsmith_trainer.distributed.rank import LostRankError
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.run.learning_rate import Schedule
from trainsmith_trainer.run.plan import Plan
from trainsmith_trainer.run_dir.checkpoint import Best

Emit = Callable[[events.Event], None]


_START = Position()


@dataclass(frozen=True)
class Progress:
    """The progress of a run."""

    step: int = 0
    """Optimizer steps taken."""
    position: Position = _START
    """The position in the data."""
    loss: float = math.nan
    """The training loss of the last step."""
    validation_loss: float | None = None
    """The last measured validation loss."""
    validated_at: int | None = None
    """The step of that measurement."""
    best_validation_loss: float | None = None
    best_validated_at: int | None = None
    """The step of the best measurement, if it was since the run was resumed."""
    best: Best | None = None
    """The best checkpoint."""
    saved_at: int | None = None
    """The step of the last checkpoint."""
    reference_loss: float | None = None
    """The last validation loss that was better by the recipe's `early_stopping_min_delta`."""
    stale_validations: int = 0
    """Validations since then."""

    def ends_early(self, plan: Plan) -> bool:
        """Whether there were too many validations without a better loss."""
        if plan.patience is None or self.step >= plan.total_steps:
            return False
        return self.stale_validations >= plan.patience


_BEGINNING = Progress()


@dataclass(frozen=True)
class LoopHooks:
    """What the loop does besides training."""

    emit: Emit
    validate: Callable[[int], float | None]
    """Measure the loss after a step, and write a sample; `None` without validation data."""
    save: Callable[[Progress], Progress]
    """Write a checkpoint, and note in the progress whether it is the best."""
    stop_requested: Callable[[], bool]


def train(
    backend: Backend,
    sampler: Sampler,
    schedule: Schedule,
    plan: Plan,
    hooks: LoopHooks,
    progress: Progress = _BEGINNING,
) -> Progress:
    """Train until the plan is complete, the validation loss stays high, or a stop is requested.

    Args:
        backend: the model, in the state that `progress` describes.
        sampler: the data.
        schedule: the learning rates.
        plan: the length of the run, and when to validate and save.
        hooks: everything that happens besides training.
        progress: where to start.

    Raises:
        RunError: the loss or the gradient is not finite, or the memory is too small for a step; a
            checkpoint of the step before was saved, if possible.
        LostRankError: another rank has exited; a checkpoint of the last step was saved.
    """
    pace = Pace(plan, progress.step)
    try:
        while not _is_over(progress, plan) and not hooks.stop_requested():
            step = progress.step + 1
            batch, position = sampler.take(progress.position, plan.effective_batch)
            gradient = backend.gradient(list(micro_batches(batch, plan.batch_size)))
            _refuse_divergence(gradient, step, schedule)
            rate = schedule.rate(step)
            backend.update(rate)
            pace.step_taken(step, batch.tokens_read)
            progress = replace(progress, step=step, position=position, loss=gradient.loss)
            hooks.emit(
                events.Step(
                    time=time.time(),
                    step=step,
                    epoch=position.epoch + 1,
                    loss=gradient.loss,
                    learning_rate=rate,
                    grad_norm=gradient.norm,
                    tokens_per_second=pace.tokens_per_second,
                    seconds_left=pace.seconds_left,
                )
            )
            if plan.validates_after(step):
                progress = _validated(progress, plan, hooks)
            if plan.saves_after(step) or (
                plan.patience is not None and progress.best_validated_at == step
            ):
                progress = hooks.save(progress)
            pace.training_resumed()
    except AbandonedStepError:
        pass  # The weights are those of the last complete step.
    except LostRankError:
        # The next step needs every rank; the last one is complete.
        _save_if_new(progress, hooks)
        raise
    except RunError:
        # The weights are those of the last complete step.
        with suppress(RunError, OSError, MemoryError):  # What failed first is what to report.
            _save_if_new(progress, hooks)
        raise
    return _save_if_new(progress, hooks)


def _is_over(progress: Progress, plan: Plan) -> bool:
    return progress.step >= plan.total_steps or progress.ends_early(plan)


def _save_if_new(progress: Progress, hooks: LoopHooks) -> Progress:
    """Write a checkpoint if the plan has not written one for this step."""
    return hooks.save(progress) if progress.saved_at != progress.step > 0 else progress


def _validated(progress: Progress, plan: Plan, hooks: LoopHooks) -> Progress:
    loss = hooks.validate(progress.step)
    if loss is None:
        return progress
    best = progress.best_validation_loss
    is_best = best is None or loss < best
    hooks.emit(events.Validation(time=time.time(), step=progress.step, loss=loss, best=is_best))
    reference = progress.reference_loss
    is_better = reference is None or loss < reference - plan.min_delta
    return replace(
        progress,
        validation_loss=loss,
        validated_at=progress.step,
        best_validation_loss=loss if is_best else best,
        best_validated_at=progress.step if is_best else progress.best_validated_at,
        reference_loss=loss if is_better else reference,
        stale_validations=0 if is_better else progress.stale_validations + 1,
    )


def _refuse_divergence(gradient: Gradient, step: int, schedule: Schedule) -> None:
    """Stop before an update corrupts the weights. A gradient can overflow before the loss does."""
    for what, value in (("loss", gradient.loss), ("gradient norm", gradient.norm)):
        if not math.isfinite(value):
            raise RunError(
                f"the {what} became {value} at step {step}; the weights were left as they were",
                advice=f"lower the learning rate from {schedule.peak:g} to "
                f"{lower_rate(schedule.peak):g}; keep `use_clip_grad_norm` on, it limits the "
                "gradient of a bad batch",
                config_path=schedule.key,
            )


class Pace:
    """The speed of a run, and its remaining time."""

    _SMOOTHING = 0.9

    def __init__(self, plan: Plan, steps_before: int) -> None:
        self._plan = plan
        self._steps_before = steps_before
        self._began = self._resumed = time.perf_counter()
        self._seconds_per_token = 0.0
        self.tokens_per_second = 0.0
        self.seconds_left = 0.0

    def step_taken(self, step: int, tokens: int) -> None:
        """Note that a step is done, which has read some tokens."""
        now = time.perf_counter()
        latest = (now - self._resumed) / tokens
        # The first step is slow, because it includes one-time set-up.
        taken = step - self._steps_before
        weight = self._SMOOTHING if taken > 2 else 0.0
        self._seconds_per_token = weight * self._seconds_per_token + (1 - weight) * latest
        self.tokens_per_second = 1 / self._seconds_per_token
        # An average over the whole run so far, which includes validations and checkpoints.
        self.seconds_left = (now - self._began) / taken * (self._plan.total_steps - step)

    def training_resumed(self) -> None:
        """Note that training resumes after validating or saving."""
        self._resumed = time.perf_counter()
