"""How much of a board's DRAM a training step takes, computed before anything is compiled.

The step runs on shapes alone. Kernels and their buffers come on top, and memory that is divided
into pieces too small for an array.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainsmith_schemas.families.registry import parameter_shapes
from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.backends.ttnn.shapes import TtnnShapes
from trainsmith_trainer.data.batches import Batch

_LONGEST = 2048
"""In tokens. The masks of attention are made on the host; for longer sequences, the memory follows
from that of three shorter ones, because it grows with the square of the length."""


def step_bytes(training: TrainingConfig, model: TransformerConfig) -> tuple[int, int]:
    """Bytes for the weights, gradients and optimizer state, and those for a micro-batch besides.

    Args:
        training: how the model is trained.
        model: its shape, with its vocabulary.
    """
    length = derived.sequence_length(training, model)
    if length <= _LONGEST:
        return _measured(training, model, length)
    lengths = (_LONGEST // 2, _LONGEST * 3 // 4, _LONGEST)
    measured = [_measured(training, model, one) for one in lengths]
    state = measured[0][0]
    return state, round(_parabola(lengths, [activations for _, activations in measured], length))


def _measured(training: TrainingConfig, model: TransformerConfig, length: int) -> tuple[int, int]:
    ops = TtnnShapes()
    zero = np.float32(0)
    weights = {
        name: np.broadcast_to(zero, shape) for name, shape in parameter_shapes(model).items()
    }
    moreh = derived.asks_for_moreh(training)
    matmul = ops.matmul_bf16 if training.precision == "bf16" else ops.matmul
    backend = TapeBackend(ops, "", {}, model, training, weights, matmul, moreh=moreh)
    tokens = np.zeros((training.batch_size, length), np.int64)
    # Further micro-batches take no more than the second.
    batches = [Batch(tokens, tokens)] * min(2, training.gradient_accumulation_steps)
    backend.gradient(batches)
    state = ops.memory.held
    backend.update(0.0)
    return state, ops.memory.peak - state


def _parabola(at: Sequence[int], values: Sequence[int], x: int) -> float:
    """The value at x of the parabola through three points."""
    total = 0.0
    for one, value in zip(at, values, strict=True):
        others = [other for other in at if other != one]
        total += value * np.prod([(x - other) / (one - other) for other in others])
    return total
