"""Every family that we train learns, and continues from a saved state as if it had not stopped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from workspace import MODEL

from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.families.registry import all_families, family_of
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.data.batches import Batch

OWN: dict[str, Any] = {"sliding_window": 5, "attention_bias": True, "head_dim": 10}
"""Keys that a model has here if its family reads them."""
TRAINED = [one.name for one in all_families() if "trainsmith" in one.trained_by]


def _backend(name: ModelType) -> TorchBackend:
    own = {key: value for key, value in OWN.items() if key in family_of(name).keys}
    section = {**MODEL, "model_type": name, "vocab_size": 11, **own}
    model = ModelDocument.model_validate({"transformer_config": section}).transformer_config
    return TorchBackend(model, TrainingConfig())


def _steps(backend: TorchBackend, count: int) -> list[float]:
    """Losses of steps on one text, in which each token determines the next."""
    tokens = np.arange(17)[None] * 3 % 11
    losses: list[float] = []
    for _ in range(count):
        losses.append(backend.gradient([Batch(tokens[:, :-1], tokens[:, 1:])]).loss)
        backend.update(0.01)
    return losses


@pytest.mark.parametrize("name", TRAINED)
def test_loss_falls_and_training_continues_bit_for_bit(name: ModelType) -> None:
    whole = _backend(name)
    first = _steps(whole, 10)
    state = whole.weights(), whole.optimizer_state(), whole.random_state()
    saved = [{key: array.copy() for key, array in part.items()} for part in state]
    others = _steps(whole, 10)
    assert others[-1] < first[0] / 2
    again = _backend(name)
    again.restore(*saved)
    assert _steps(again, 10) == others
    for key, array in whole.weights().items():
        np.testing.assert_array_equal(again.weights()[key], array, err_msg=key)
