"""Whether a step fits into the memory of the device, for backends that can tell in advance."""

from __future__ import annotations

from trainsmith_schemas.quantities import size
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import StepMemory
from trainsmith_trainer.backends.registry import LoadedBackend
from trainsmith_trainer.errors import RunError


def step_memory(
    backend: LoadedBackend, training: TrainingConfig, model: TransformerConfig
) -> StepMemory | None:
    """What a step takes on the device; `None` for a backend that cannot tell."""
    estimate = getattr(backend.module, "step_memory", None)
    return estimate(training, model) if estimate else None


def refuse_beyond_device(
    backend: LoadedBackend, training: TrainingConfig, model: TransformerConfig
) -> None:
    """Refuse a step that cannot fit, before anything is compiled.

    Raises:
        RunError: with what it takes and what there is.
    """
    memory = step_memory(backend, training, model)
    if memory is None or memory.available is None or memory.total <= memory.available:
        return
    alone = memory.state > memory.available
    each = f"{size(memory.state)} for weights, gradients and optimizer state"
    batch = f"{size(memory.activations)} for a micro-batch of {training.batch_size}"
    raise RunError(
        f"a step takes about {size(memory.total)}, and {memory.device} has "
        f"{size(memory.available)}: {each}, {batch}",
        advice=(
            "lower `embedding_dim` or `num_blocks`, or use a tokenizer with fewer tokens"
            if alone
            else "lower `batch_size`, and raise `gradient_accumulation_steps` by as much; or lower "
            "`sequence_length`, or use a tokenizer with fewer tokens"
        ),
        config_path="transformer_config.embedding_dim" if alone else "training_config.batch_size",
    )
