"""The micro-batch that needs the most memory, found in the data without computing anything."""

from __future__ import annotations

import numpy as np

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.memory import Pass
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.data.batches import (
    Batch,
    Integers,
    Position,
    Sampler,
    Sequences,
    validated_sequences,
)
from trainsmith_trainer.data.corpus import Corpus
from trainsmith_trainer.data.rows import Rows
from trainsmith_trainer.data.shared_prefix import uncounted_prefix


def largest_passes(
    document: TrainingDocument, model: TransformerConfig, corpus: Corpus, steps: int
) -> tuple[Pass, Pass | None]:
    """The largest micro-batches of the first epoch and of a validation, on one device.

    Args:
        document: the recipe.
        model: the model's shape.
        corpus: the data.
        steps: how many steps the run takes.

    Returns:
        That of training, and that of validation if there is any.
    """
    training, devices = document.training_config, derived.device_count(document)
    lora = document.lora_config
    shares = not model.dropout_prob and not (lora and lora.lora_dropout)
    sampler = Sampler(corpus.sequences, training.seed)
    read = steps * derived.effective_batch(training)
    order = sampler.numbers(Position(), min(read, len(corpus.sequences)))
    trained = _largest(corpus.sequences, order, training.batch_size, devices)
    if not corpus.validates:
        return _pass_of(trained, shares=shares), None
    sequences = corpus.validation_sequences
    size = training.validation_batch_size or training.batch_size
    order = validated_sequences(sequences, training.max_validation_tokens)
    validated = _largest(sequences, order, size, devices)
    return _pass_of(trained, shares=shares), _pass_of(validated, shares=True)


def _largest(sequences: Sequences, order: Integers, size: int, devices: int) -> Batch:
    """The part of a batch that has the most tokens; each device computes every so many rows."""
    parts = [
        batch[rank::devices]
        for batch in np.split(order, range(size, len(order), size))
        for rank in range(min(devices, len(batch)))
    ]
    if isinstance(sequences, Rows):
        sizes = sequences.sizes
        chosen = max(parts, key=lambda numbers: int(sizes[numbers].sum()))
    else:
        chosen = max(parts, key=len)
    return sequences.cut(None)(chosen)


def _pass_of(batch: Batch, *, shares: bool) -> Pass:
    """The numbers of tokens in a batch."""
    if batch.lengths is None:
        rows, length = batch.inputs.shape
        return Pass(rows * length, batch.tokens, rows * length, length)
    lengths = [length for row in batch.lengths for length in row]
    own = np.arange(batch.inputs.shape[1]) < [[sum(row)] for row in batch.lengths]
    inputs, targets = batch.inputs[own], batch.targets[own]
    prefix = uncounted_prefix(inputs, targets, lengths) if shares else 0
    shorter = len(inputs) - prefix * (len(lengths) - 1)
    return Pass(shorter, batch.tokens, len(inputs), max(lengths), packed=True)
