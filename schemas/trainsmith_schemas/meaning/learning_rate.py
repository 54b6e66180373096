"""Usual learning rates, and the rates from which on they are too high.

Sources of the numbers:

* Fine-tuning all weights of a language model: 1e-5 to 1e-4, as in tt-train's and Hugging Face's
  examples.
* LoRA: about ten times the rate of full fine-tuning, 1e-4 to 5e-4. QLoRA (Dettmers et al. 2023)
  trains with 1e-4 to 2e-4; "LoRA Without Regret" (Schulman et al. 2025) measures the factor.
* AdamW from random weights, by size: table 2.1 of GPT-3 (Brown et al. 2020). Below its smallest
  model, nanoGPT's `train_shakespeare_char.py` trains ten million parameters with 1e-3.
* Muon: 0.02, the default of its authors' implementation (Jordan et al. 2024).
* SGD: 0.1, as in He et al. 2015 for ResNets and in examples for MNIST. The highest rate that works
  varies more between models than for the other optimizers.

Ten times the usual rate counts as too high, because schedules and batch sizes do not explain that
much; for SGD, a hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Start = Literal["random", "pretrained", "lora"]
"""Random weights; pretrained weights, all of them trained; or pretrained weights with LoRA."""

ADAM = ("AdamW", "MorehAdamW", "AdamWComposite", "AdamWFullPrecision")


@dataclass(frozen=True)
class UsualRate:
    """The usual learning rate in a situation."""

    rate: float
    limit: float
    """A rate of at least this is too high."""
    situation: str
    """The situation in words, to follow a number: `for fine-tuning`."""


_LARGEST_MODEL = 2.5e11
_BY_SIZE = (
    (6e7, 1e-3),
    (2.5e8, 6e-4),
    (5e8, 3e-4),
    (1e9, 2.5e-4),
    (2e9, 2e-4),
    (4.5e9, 1.6e-4),
    (1e10, 1.2e-4),
    (5e10, 1e-4),
    (_LARGEST_MODEL, 6e-5),
)
"""Maximum parameters and rate. The maxima lie between the sizes in GPT-3's table."""


def usual_rate(
    optimizer: str, start: Start | None = None, parameters: int | None = None
) -> UsualRate | None:
    """The usual learning rate for a language model.

    Args:
        optimizer: the value of `optimizer.type`.
        start: what training starts from; `None` if unknown.
        parameters: the size of the model; `None` if unknown.

    Returns:
        The usual rate, or `None` if there is none.
    """
    if optimizer == "Muon" and start in (None, "random"):
        return UsualRate(0.02, 0.2, "for Muon")
    if optimizer in ("SGD", "SGDComposite") and start in (None, "random"):
        return UsualRate(0.1, 10.0, "for SGD")
    if optimizer not in ADAM:
        return None
    if start == "pretrained":
        return UsualRate(1e-4, 1e-3, "for fine-tuning")
    if start == "lora":
        return UsualRate(2e-4, 2e-3, "for LoRA")
    if not parameters:
        return UsualRate(1e-3, 1e-2, "for small models from random weights")
    rate = next((rate for size, rate in _BY_SIZE if parameters <= size), _BY_SIZE[-1][1])
    return UsualRate(rate, 10 * rate, "for a model of this size from random weights")
