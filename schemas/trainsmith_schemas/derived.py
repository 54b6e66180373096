"""Values that follow from a recipe. The meaning of the numbers is decided here, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trainsmith_schemas.documents import TrainingDocument
from trainsmith_schemas.training import TrainingConfig

DEFAULT_STEPS = 1000
DEFAULT_VALIDATION_INTERVAL = 100
DEFAULT_CHECKPOINT_INTERVAL = 500


def effective_batch(training: TrainingConfig) -> int:
    """Sequences that the optimizer sees at each step."""
    return training.batch_size * training.gradient_accumulation_steps


def validation_interval(training: TrainingConfig) -> int:
    """Optimizer steps between validations; the newer of the two names wins."""
    return training.validation_frequency or training.eval_every or DEFAULT_VALIDATION_INTERVAL


def checkpoint_interval(training: TrainingConfig) -> int:
    """Optimizer steps between checkpoints; the newer of the two names wins."""
    return (
        training.checkpoint_frequency or training.model_save_interval or DEFAULT_CHECKPOINT_INTERVAL
    )


def base_learning_rate(document: TrainingDocument) -> float:
    """The learning rate before any schedule."""
    training, scheduler = document.training_config, document.scheduler_config
    if scheduler and scheduler.max_lr is not None:
        return scheduler.max_lr
    if training.optimizer and training.optimizer.lr is not None:
        return training.optimizer.lr
    return training.learning_rate


def weight_decay(training: TrainingConfig) -> float:
    """The weight decay; the optimizer block wins over the flat key."""
    if training.optimizer and training.optimizer.weight_decay is not None:
        return training.optimizer.weight_decay
    return training.weight_decay


def device_count(document: TrainingDocument) -> int:
    """Devices in the mesh: rows × columns."""
    rows, columns = document.device_config.mesh_shape
    return rows * columns


@dataclass(frozen=True)
class Length:
    """How long a run is, and what decides it."""

    steps: int
    """Optimizer steps."""
    ends_by: Literal["max_steps", "num_epochs", "default"]


def run_length(training: TrainingConfig, sequences: int) -> Length:
    """How many optimizer steps a run takes over data of so many sequences.

    An epoch's last, incomplete effective batch is left out; a run has at least one step.
    """
    per_epoch = max(1, sequences // effective_batch(training))
    by_epochs = training.num_epochs * per_epoch if training.num_epochs else None
    by_steps = training.max_steps
    if by_epochs is None and by_steps is None:
        return Length(DEFAULT_STEPS, "default")
    if by_epochs is None or (by_steps is not None and by_steps <= by_epochs):
        assert by_steps is not None
        return Length(by_steps, "max_steps")
    return Length(by_epochs, "num_epochs")
