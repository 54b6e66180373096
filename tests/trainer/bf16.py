"""Tests of bfloat16 on any processor: emulated, it is slow, but fast enough for a small model."""

from __future__ import annotations

import pytest
import torch

from trainsmith_trainer.backends.torch import precision


def pretend_bf16_units(patch: pytest.MonkeyPatch, *, present: bool) -> None:
    """Pretend that the processor has bfloat16 units, or has none."""

    def answer(_device: torch.device) -> bool:
        return present

    patch.setattr(precision, "has_bf16_units", answer)
