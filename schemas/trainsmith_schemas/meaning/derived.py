"""Values that follow from a recipe. This module defines what the numbers mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from trainsmith_schemas.data_types import contains_examples, data_type
from trainsmith_schemas.families.family import Shapes
from trainsmith_schemas.families.registry import family_of
from trainsmith_schemas.meaning.lora import trained_parameters
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig

MANY_CHECKPOINTS = 50
"""More checkpoints than this in a run are too many; the long run in the lesson has this many."""

DEFAULT_STEPS = 1000
DEFAULT_VALIDATION_INTERVAL = 100
DEFAULT_CHECKPOINT_INTERVAL = 500

_WARMUP_SHARE = 10
"""tt-train's `warmup_linear` warms up during a tenth of the steps."""


def effective_batch(training: TrainingConfig) -> int:
    """The number of sequences per optimizer step."""
    return training.batch_size * training.gradient_accumulation_steps


def validation_interval(training: TrainingConfig) -> int:
    """The number of optimizer steps between validations. The newer of the two names wins."""
    return training.validation_frequency or training.eval_every or DEFAULT_VALIDATION_INTERVAL


def checkpoint_interval(training: TrainingConfig) -> int:
    """The number of optimizer steps between checkpoints. The newer of the two names wins."""
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
    """The number of warm-up steps in a run of `total` steps."""
    if document.scheduler_config:
        return document.scheduler_config.warmup_steps
    rises = document.training_config.scheduler_type == "warmup_linear"
    return total // _WARMUP_SHARE if rises else 0


def weight_decay(training: TrainingConfig) -> float:
    """The weight decay. The optimizer section overrides the flat key."""
    if training.optimizer and training.optimizer.weight_decay is not None:
        return training.optimizer.weight_decay
    return training.weight_decay


def momentum(optimizer: OptimizerConfig) -> float:
    """The momentum. Muon's default is not zero, because Muon depends on momentum."""
    if optimizer.momentum is not None:
        return optimizer.momentum
    return 0.95 if optimizer.type == "Muon" else 0.0


def carries_rounding(training: TrainingConfig) -> bool:
    """Whether the recipe asks for Kahan summation."""
    block = training.optimizer
    return training.use_kahan_summation or (block is not None and block.kahan_summation)


def rounds_at_random(training: TrainingConfig) -> bool:
    """Whether the recipe asks for stochastic rounding."""
    return training.optimizer is not None and training.optimizer.stochastic_rounding


def asks_for_moreh(training: TrainingConfig) -> bool:
    """Whether the recipe asks for ttnn's kernel `moreh_adamw`."""
    kind = (training.optimizer or OptimizerConfig()).type
    return kind == "MorehAdamW" or (training.use_moreh_adamw and kind == "AdamW")


def autocasts(training: TrainingConfig) -> bool:
    """Whether the weights stay float32 while the products of matrices are bfloat16.

    So it is unless the recipe keeps small updates of bfloat16 weights in another way.
    """
    block = training.optimizer
    has_copy = block is not None and block.type == "AdamWFullPrecision"
    return training.precision == "bf16" and not carries_rounding(training) and not has_copy


def device_count(document: TrainingDocument) -> int:
    """The number of devices in the mesh: rows × columns."""
    rows, columns = document.device_config.mesh_shape
    return rows * columns


def steps_per_epoch(training: TrainingConfig, sequences: int) -> int:
    """The number of optimizer steps in which each of the data's sequences is read once."""
    return math.ceil(sequences / effective_batch(training))


@dataclass(frozen=True)
class Length:
    """The length of a run, and what determines it."""

    steps: int
    """Optimizer steps."""
    ends_by: Literal["max_steps", "num_epochs", "default"]


def run_length(training: TrainingConfig, sequences: int) -> Length:
    """The number of optimizer steps in a run over data with this many sequences.

    The last effective batch of an epoch has the sequences that remain. A run has at least one step.
    """
    epochs = training.num_epochs
    by_epochs = max(1, epochs * steps_per_epoch(training, sequences)) if epochs else None
    by_steps = training.max_steps
    if by_epochs is None and by_steps is None:
        return Length(DEFAULT_STEPS, "default")
    if by_epochs is None or (by_steps is not None and by_steps <= by_epochs):
        assert by_steps is not None
        return Length(by_steps, "max_steps")
    return Length(by_epochs, "num_epochs")


BYTES_PER_TOKEN = {"char": 1, "bpe": 4}
"""The approximate bytes of English text per token; for `bpe`, with a few thousand tokens."""


def has_examples(training: TrainingConfig) -> bool:
    """Whether the data has files of examples, each of which is a sequence of its own."""
    written = training.data_path
    paths = [written] if isinstance(written, str) else written or []
    return any(map(contains_examples, paths))


def tokens_in(training: TrainingConfig, size: int | None) -> int | None:
    """An estimate of the training tokens in `size` bytes of data; `None` if it is not text."""
    written = training.data_path
    paths = [written] if isinstance(written, str) else written or []
    if size is None or training.tokenizer_path or any(data_type(p) != "text" for p in paths):
        return None
    tokens = size // BYTES_PER_TOKEN[training.tokenizer_type]
    return tokens if training.validation_path else int(tokens * (1 - training.validation_split))


def checkpoint_count(training: TrainingConfig) -> int | None:
    """The number of checkpoints that a run writes, including the last step's and removed ones.

    If `num_epochs` may end the run earlier, this is the maximum. It is `None` if the number depends
    on the data.
    """
    if training.save_strategy == "epoch":
        return training.num_epochs
    if training.max_steps is None and training.num_epochs is not None:
        return None
    return math.ceil((training.max_steps or DEFAULT_STEPS) / checkpoint_interval(training))


def sequence_length(training: TrainingConfig, model: TransformerConfig) -> int:
    """The most tokens in a training sequence."""
    return training.sequence_length or model.max_sequence_length


def sequence_length_key(training: TrainingConfig) -> str:
    """The key that sets the length of sequences."""
    return "sequence_length" if training.sequence_length else "max_sequence_length"


def tokens_per_step(training: TrainingConfig, model: TransformerConfig) -> int:
    """The number of tokens per optimizer step."""
    return effective_batch(training) * sequence_length(training, model)


def vocabulary_vectors(model: TransformerConfig) -> int:
    """The number of parameters per token in the vocabulary: one vector, or two.

    With weight tying, the output layer shares the embedding's vectors.
    """
    return model.embedding_dim * (1 if model.weight_tying == "enabled" else 2)


def parameter_count(model: TransformerConfig, vocab_size: int | None = None) -> int | None:
    """The exact number of trainable parameters; `None` if the family's layers are not known.

    Args:
        model: the model's shape, without contradictions.
        vocab_size: the number of tokens, if the model leaves it to the tokenizer.
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
"""For AdamW in float32: the weight, its gradient and two moments, four bytes each."""


def training_memory(parameters: int) -> int:
    """Bytes of the weights, gradients and AdamW's state, without activations."""
    return parameters * BYTES_PER_PARAMETER


def activation_memory(
    model: TransformerConfig,
    sequences: int,
    length: int,
    vocab_size: int,
    precision: Literal["fp32", "bf16"] = "fp32",
) -> int | None:
    """An estimate of the bytes stored for the backward pass; `None` if the layers are unknown.

    It counts what PyTorch saves, with attention that does not store the attention weights. The
    family's layout has the number per block. The output adds the logits, their logarithms and their
    gradient, in float32 for a part of the tokens at a time.

    Args:
        model: the model's shape.
        sequences: the number of sequences in one forward pass.
        length: the number of tokens in each.
        vocab_size: the number of tokens in the vocabulary.
        precision: the number format.
    """
    layout = family_of(model.model_type).layout
    if layout is None:
        return None
    width = model.embedding_dim
    size = _FLOAT if precision == "fp32" else _BFLOAT
    block = layout.kept_by_block(model)
    if model.runner_type == "memory_efficient":
        kept = model.num_blocks * width + block  # Blocks are recomputed one at a time.
    else:
        kept = model.num_blocks * block
    tokens = sequences * length
    at_once = min(tokens, tokens_of_logits(vocab_size, precision) or tokens)
    return size * (tokens * (kept + 3 * width) + at_once * 3 * vocab_size)


_LOGITS_AT_ONCE = 1 << 24


def tokens_of_logits(vocab_size: int, precision: Literal["fp32", "bf16"]) -> int:
    """For how many tokens logits are in memory at once; 0 means all."""
    return max(1, _LOGITS_AT_ONCE // max(1, vocab_size)) if precision == "fp32" else 0


_FLOAT, _BFLOAT = 4, 2


def memory_per_parameter(training: TrainingConfig) -> int:
    """Bytes of a weight, its gradient and its optimizer state."""
    size = _FLOAT if training.precision == "fp32" or autocasts(training) else _BFLOAT
    carried = size if _has_carry(training) else 0
    copied = _BFLOAT if autocasts(training) else 0
    return 2 * size + carried + copied + _FLOAT * _optimizer_floats(training)


def state_memory(document: TrainingDocument, model: TransformerConfig) -> int | None:
    """Bytes of the weights, gradients and optimizer state; `None` if the layers are unknown.

    LoRA's frozen weights have neither gradients nor a state, and its trained ones are float32. With
    FSDP, they are those of one device, besides the weights that it gathers for a moment.
    """
    training, counted = document.training_config, counted_parameters(document, model)
    if counted is None:
        return None
    shares = device_count(document) if document.device_config.enable_fsdp else 1
    if document.lora_config is None:
        return counted.total * memory_per_parameter(training) // shares
    size = _FLOAT if training.precision == "fp32" else _BFLOAT
    trained = counted.trained * memory_per_parameter(_in_float32(training))
    return ((counted.total - counted.trained) * size + trained) // shares


def checkpoint_size(document: TrainingDocument, model: TransformerConfig) -> int | None:
    """Bytes of the weights and the optimizer state in a checkpoint, where both are float32."""
    training, counted = document.training_config, counted_parameters(document, model)
    if counted is None:
        return None
    as_saved = _in_float32(training) if document.lora_config else training
    return counted.trained * checkpoint_per_parameter(as_saved)


@dataclass(frozen=True)
class Parameters:
    """The numbers of a run's parameters."""

    total: int
    trained: int
    """Fewer with LoRA."""


def counted_parameters(document: TrainingDocument, model: TransformerConfig) -> Parameters | None:
    """The numbers of a run's parameters; `None` if the family's layers are not known."""
    parameters, lora = parameter_count(model), document.lora_config
    trained = trained_parameters(lora, model) if lora else None
    if parameters is None or trained is None:
        return None if parameters is None else Parameters(parameters, parameters)
    return Parameters(parameters + trained.adapters, trained.total)


def _in_float32(training: TrainingConfig) -> TrainingConfig:
    return training.model_copy(update={"precision": "fp32"})


def checkpoint_per_parameter(training: TrainingConfig) -> int:
    """Bytes of a weight and its optimizer state in a checkpoint, where both are float32."""
    return _FLOAT * (1 + _has_carry(training) + _optimizer_floats(training))


def _has_carry(training: TrainingConfig) -> bool:
    """Whether the optimizer stores rounding errors; an exact copy makes them unnecessary."""
    rounds = training.precision == "bf16" and carries_rounding(training)
    return rounds and not _has_copy(training)


def _has_copy(training: TrainingConfig) -> bool:
    optimizer = training.optimizer
    full = optimizer is not None and optimizer.type == "AdamWFullPrecision"
    return full and training.precision == "bf16"


def _optimizer_floats(training: TrainingConfig) -> int:
    """The number of float32 values in the optimizer's state per parameter.

    Muon stores one for matrices in the blocks and two for other weights; two is an upper bound.
    """
    optimizer = training.optimizer or OptimizerConfig()
    if optimizer.type == "NoOp":
        return 0
    if optimizer.type in ("SGD", "SGDComposite"):
        return 1 if momentum(optimizer) else 0
    if optimizer.type == "Muon":
        return 2
    return 2 + optimizer.amsgrad + _has_copy(training)
