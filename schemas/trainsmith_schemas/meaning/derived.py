"""Values that follow from a recipe. The meaning of the numbers is decided here, once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trainsmith_schemas.families.family import Shapes
from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig

MANY_CHECKPOINTS = 50
"""More than these in a run are a burden; the lesson's own long run has just as many."""

DEFAULT_STEPS = 1000
DEFAULT_VALIDATION_INTERVAL = 100
DEFAULT_CHECKPOINT_INTERVAL = 500

_WARMUP_SHARE = 10
"""tt-train's `warmup_linear` goes up over a tenth of the steps."""


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


def learning_rate_key(document: TrainingDocument) -> str:
    """The key that `base_learning_rate` reads."""
    training, scheduler = document.training_config, document.scheduler_config
    if scheduler and scheduler.max_lr is not None:
        return "scheduler_config.max_lr"
    if training.optimizer and training.optimizer.lr is not None:
        return "training_config.optimizer.lr"
    return "training_config.learning_rate"


def warmup_steps(document: TrainingDocument, total: int) -> int:
    """Steps during which the learning rate rises, in a run of so many steps."""
    if document.scheduler_config:
        return document.scheduler_config.warmup_steps
    rises = document.training_config.scheduler_type == "warmup_linear"
    return total // _WARMUP_SHARE if rises else 0


def weight_decay(training: TrainingConfig) -> float:
    """The weight decay; the optimizer block wins over the flat key."""
    if training.optimizer and training.optimizer.weight_decay is not None:
        return training.optimizer.weight_decay
    return training.weight_decay


def momentum(optimizer: OptimizerConfig) -> float:
    """How much of the last step is repeated; Muon is hardly Muon without it."""
    if optimizer.momentum is not None:
        return optimizer.momentum
    return 0.95 if optimizer.type == "Muon" else 0.0


def carries_rounding(training: TrainingConfig) -> bool:
    """Whether bfloat16 updates shall keep what rounding takes from them."""
    block = training.optimizer
    return training.use_kahan_summation or (block is not None and block.kahan_summation)


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

    An epoch's last, incomplete effective batch is left out. Where a batch is larger than the data,
    a step reads it more than once, and there are as many as the epochs hold. A run has at least
    one step.
    """
    effective, epochs = effective_batch(training), training.num_epochs
    per_epoch = sequences // effective
    by_epochs = max(1, epochs * per_epoch or epochs * sequences // effective) if epochs else None
    by_steps = training.max_steps
    if by_epochs is None and by_steps is None:
        return Length(DEFAULT_STEPS, "default")
    if by_epochs is None or (by_steps is not None and by_steps <= by_epochs):
        assert by_steps is not None
        return Length(by_steps, "max_steps")
    return Length(by_epochs, "num_epochs")


BYTES_PER_TOKEN = {"char": 1, "bpe": 4}
"""Of English text, about; the byte pairs are those of a vocabulary of some thousands."""


def tokens_in(training: TrainingConfig, size: int | None) -> int | None:
    """About how many tokens data of so many bytes has to train on; `None` where it is no text."""
    written = training.data_path
    paths = [written] if isinstance(written, str) else written or []
    endings = (".yaml", ".yml", ".jsonl", ".ndjson", ".json")
    if size is None or training.tokenizer_path or any(p.lower().endswith(endings) for p in paths):
        return None
    tokens = size // BYTES_PER_TOKEN[training.tokenizer_type]
    return tokens if training.validation_path else int(tokens * (1 - training.validation_split))


def checkpoint_count(training: TrainingConfig) -> int | None:
    """Checkpoints that a run writes, the last step's among them, before old ones are removed.

    It is the most there can be where `num_epochs` may end the run earlier, and `None` where only
    the data can tell.
    """
    if training.save_strategy == "epoch":
        return training.num_epochs
    if training.max_steps is None and training.num_epochs is not None:
        return None
    return math.ceil((training.max_steps or DEFAULT_STEPS) / checkpoint_interval(training))


def tokens_per_step(training: TrainingConfig, model: TransformerConfig) -> int:
    """Tokens that the optimizer sees at each step."""
    return effective_batch(training) * model.max_sequence_length


def vocabulary_vectors(model: TransformerConfig) -> int:
    """How many numbers each token of the vocabulary adds to a model: one vector, or two.

    Weight tying makes the output layer share the embedding's vectors.
    """
    return model.embedding_dim * (1 if model.weight_tying == "enabled" else 2)


def parameter_count(model: TransformerConfig, vocab_size: int | None = None) -> int | None:
    """Trainable parameters of a model, exactly; `None` for a family whose layers are not known.

    Args:
        model: its shape, without contradictions.
        vocab_size: how many tokens there are, where the model leaves it to the tokenizer.
    """
    layout = family_of(model.model_type).layout
    if layout is None:
        return None
    if vocab_size:
        model = model.model_copy(update={"vocab_size": vocab_size})
    fixed = layout.untrained(model)
    outer = {name: shape for name, shape in layout.outer(model).items() if name not in fixed}
    output = 0 if model.weight_tying == "enabled" else model.vocab_size * model.embedding_dim
    return _numbers(outer) + model.num_blocks * _numbers(layout.block(model)) + output


def _numbers(shapes: Shapes) -> int:
    return sum(math.prod(shape) for shape in shapes.values())


BYTES_PER_PARAMETER = 16
"""Training with AdamW in float32: the weight, its gradient, and two moments, four bytes each."""


def training_memory(parameters: int) -> int:
    """Bytes of weights, gradients and AdamW's state; activations come on top."""
    return parameters * BYTES_PER_PARAMETER


def activation_memory(
    model: TransformerConfig,
    sequences: int,
    vocab_size: int,
    precision: Literal["fp32", "bf16"] = "fp32",
) -> int | None:
    """Bytes that the forward pass keeps for the backward pass, estimated; `None` where unknown.

    Counted from what PyTorch saves, with attention that keeps no matrix of weights. The family says
    what a block keeps. At the end there are the logits, their logarithms and their gradient.

    Args:
        model: its shape.
        sequences: that pass through the model at once.
        vocab_size: how many tokens there are.
        precision: the number format.
    """
    layout = family_of(model.model_type).layout
    if layout is None:
        return None
    width = model.embedding_dim
    size = _FLOAT if precision == "fp32" else _BFLOAT
    block = layout.kept_by_block(model)
    if model.runner_type == "memory_efficient":
        kept = model.num_blocks * width + block  # One block at a time is computed again.
    else:
        kept = model.num_blocks * block
    return size * sequences * model.max_sequence_length * (kept + 3 * width + 3 * vocab_size)


_FLOAT, _BFLOAT = 4, 2


def memory_per_parameter(training: TrainingConfig) -> int:
    """Bytes of a weight, its gradient, and everything that the optimizer keeps for it."""
    size = _FLOAT if training.precision == "fp32" else _BFLOAT
    carried = size if _has_carry(training) else 0
    return 2 * size + carried + _FLOAT * _optimizer_floats(training)


def checkpoint_per_parameter(training: TrainingConfig) -> int:
    """Bytes of a weight in a checkpoint, and of what the optimizer keeps for it; all in float32."""
    return _FLOAT * (1 + _has_carry(training) + _optimizer_floats(training))


def _has_carry(training: TrainingConfig) -> bool:
    """Whether the optimizer keeps what rounding takes; with an exact copy there is nothing."""
    rounds = training.precision == "bf16" and carries_rounding(training)
    return rounds and not _has_copy(training)


def _has_copy(training: TrainingConfig) -> bool:
    optimizer = training.optimizer
    full = optimizer is not None and optimizer.type == "AdamWFullPrecision"
    return full and training.precision == "bf16"


def _optimizer_floats(training: TrainingConfig) -> int:
    """Numbers in float32 that the optimizer keeps for each parameter.

    Muon keeps one for the matrices inside the blocks and two for the rest: two are an upper bound.
    """
    optimizer = training.optimizer or OptimizerConfig()
    if optimizer.type == "NoOp":
        return 0
    if optimizer.type in ("SGD", "SGDComposite"):
        return 1 if momentum(optimizer) else 0
    if optimizer.type == "Muon":
        return 2
    return 2 + optimizer.amsgrad + _has_copy(training)
