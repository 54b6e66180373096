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


_FLOAT = 4


def checkpoint_size(document: TrainingDocument, model: TransformerConfig) -> int | None:
    """Bytes of the weights and the optimizer state in a checkpoint, where both are float32."""
    counted = counted_parameters(document, model)
    if counted is None:
        return None
    carried = counted.trained if carries_errors(document) else 0
    return _FLOAT * (counted.trained + carried + optimizer_numbers(document, counted))


@dataclass(frozen=True)
class Parameters:
    """The numbers of a run's parameters."""

    total: int
    trained: int
    """Fewer with LoRA."""
    matrices: int
    """Those of `trained` in matrices inside the blocks, which Muon treats differently."""


def counted_parameters(document: TrainingDocument, model: TransformerConfig) -> Parameters | None:
    """The numbers of a run's parameters; `None` if the family's layers are not known."""
    parameters, lora = parameter_count(model), document.lora_config
    layout = family_of(model.model_type).layout
    if parameters is None or layout is None:
        return None
    trained = trained_parameters(lora, model) if lora else None
    if trained is None:
        shapes = layout.block(model).values()
        matrices = sum(math.prod(shape) for shape in shapes if len(shape) == 2)
        return Parameters(parameters, parameters, model.num_blocks * matrices)
    return Parameters(parameters + trained.adapters, trained.total, trained.adapters)


def carries_errors(document: TrainingDocument) -> bool:
    """Whether the optimizer stores rounding errors; LoRA's weights have none, nor exact copies."""
    training = document.training_config
    rounds = training.precision == "bf16" and document.lora_config is None
    return rounds and carries_rounding(training) and not _has_copy(document)


def _has_copy(document: TrainingDocument) -> bool:
    """Whether the optimizer stores the weights in float32."""
    training = document.training_config
    full = training.optimizer is not None and training.optimizer.type == "AdamWFullPrecision"
    return full and training.precision == "bf16" and document.lora_config is None


def optimizer_numbers(document: TrainingDocument, counted: Parameters) -> int:
    """The number of float32 values in the optimizer's state."""
    optimizer = document.training_config.optimizer or OptimizerConfig()
    if optimizer.type == "NoOp":
        return 0
    if optimizer.type in ("SGD", "SGDComposite"):
        return counted.trained if momentum(optimizer) else 0
    others = 2 + optimizer.amsgrad + _has_copy(document)
    if optimizer.type == "Muon":
        return counted.matrices + others * (counted.trained - counted.matrices)
    return others * counted.trained
