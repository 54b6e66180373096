"""AdamW as ttnn's kernel `moreh_adamw` computes it: everything is a bfloat16 number.

The kernel gets its scalars by cutting float32 numbers to their upper 16 bits, which makes 0.999
into 0.99609375. The second moment then takes 3.9 times as much of each squared gradient as it
should (tt-metal #55935). Weights, gradients and moments are bfloat16, too.
"""

from __future__ import annotations

from trainsmith_schemas.meaning.bfloat16 import cut_to_bf16
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_trainer.backends.tape.ops import Array, Ops
from trainsmith_trainer.backends.tape.optimizers import AdamW, Shapes, Tensors


class MorehAdamW(AdamW):
    """The weights are rounded by `rounding.RoundedWeights`."""

    def __init__(self, config: OptimizerConfig, shapes: Shapes, ops: Ops) -> None:
        super().__init__(config, shapes, ops, scalar=cut_to_bf16)

    def step(self, weights: Tensors, gradients: Tensors, rate: float, decay: float) -> None:
        """Take a step, and round the moments."""
        ops = self._ops
        rounded = {name: ops.rounded(gradient) for name, gradient in gradients.items()}
        super().step(weights, rounded, rate, decay)
        for moments in (self._mean, self._square):
            for moment in moments.values():
                _round(moment, ops)


def _round(array: Array, ops: Ops) -> None:
    ops.copy_(array, ops.rounded(array))
