"""The length of a run, the size of its steps, and when it validates and saves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_trainer.data.batches import Sequences
from trainsmith_trainer.data.corpus import Corpus
from trainsmith_trainer.data.windows import Windows

SMOKE_STEPS = 20


@dataclass(frozen=True)
class Plan:
    """The schedule of a run's steps, validations and checkpoints, fixed before its first step."""

    total_steps: int
    ends_by: Literal["max_steps", "num_epochs", "default"]
    steps_per_epoch: int
    batch_size: int
    effective_batch: int
    tokens_per_step: int
    """Without padding; an average, if sequences differ in length."""
    validate_every: int
    """In steps."""
    save_every: int
    """In steps."""
    patience: int | None = None
    """Validations without a better loss after which the run ends; `None`: it does not end early."""
    min_delta: float = 0.0
    """How much lower a better loss is."""

    def validates_after(self, step: int) -> bool:
        """Whether this step is followed by a validation; the last one is."""
        return step % self.validate_every == 0 or step == self.total_steps

    def saves_after(self, step: int) -> bool:
        """Whether this step is followed by a checkpoint; the last one is."""
        return step % self.save_every == 0 or step == self.total_steps

    @property
    def validations(self) -> int:
        """How many validations there are."""
        return math.ceil(self.total_steps / self.validate_every)

    @property
    def checkpoints(self) -> int:
        """How many checkpoints are written."""
        return math.ceil(self.total_steps / self.save_every)


def plan_of(document: TrainingDocument, sequences: Sequences) -> Plan:
    """The plan of a recipe.

    Args:
        document: the recipe.
        sequences: those to train on.
    """
    training = document.training_config
    effective = derived.effective_batch(training)
    run_length = derived.run_length(training, len(sequences))
    steps_per_epoch = derived.steps_per_epoch(training, len(sequences))
    by_steps = derived.checkpoint_interval(training)
    return Plan(
        total_steps=run_length.steps,
        ends_by=run_length.ends_by,
        steps_per_epoch=steps_per_epoch,
        batch_size=training.batch_size,
        effective_batch=effective,
        tokens_per_step=round(min(effective, len(sequences)) * sequences.tokens_per_sequence),
        validate_every=derived.validation_interval(training),
        save_every=steps_per_epoch if training.save_strategy == "epoch" else by_steps,
        patience=training.early_stopping_patience,
        min_delta=training.early_stopping_min_delta,
    )


def smoke_plan(plan: Plan) -> Plan:
    """The same run, shortened so that everything in it happens within a minute."""
    steps = min(SMOKE_STEPS, plan.total_steps)
    half = max(1, steps // 2)
    return replace(plan, total_steps=steps, validate_every=half, save_every=half)


def plan_warnings(
    document: TrainingDocument, plan: Plan, corpus: Corpus
) -> Iterator[tuple[str, str]]:
    """Warnings that depend on the data, each with the key that it concerns."""
    sequences = len(corpus.sequences)
    if plan.effective_batch > sequences:
        yield (
            f"the effective batch is {plan.effective_batch} sequences and the data has "
            f"{sequences}: each step reads all of them",
            "training_config.batch_size",
        )
    training = document.training_config
    if training.packing and isinstance(corpus.sequences, Windows):
        message = "`packing` has no effect: plain text always fills its sequences"
        yield message, "training_config.packing"
    if (training.validation_split or training.validation_path) and not corpus.validates:
        key = "validation_path" if training.validation_path else "validation_split"
        message = "too little text is set aside for validation, so nothing is validated"
        yield message, f"training_config.{key}"
    if training.tokenizer_path and "tokenizer_type" in training.model_fields_set:
        message = "`tokenizer_path` names the tokenizer, so `tokenizer_type` has no effect"
        yield message, "training_config.tokenizer_type"
    if training.early_stopping_patience and not corpus.validates:
        message = "nothing is validated, so `early_stopping_patience` has no effect"
        yield message, "training_config.early_stopping_patience"
    yield from corpus.warnings
