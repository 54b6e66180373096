"""Several documents in one row give the same loss and gradients as each of them alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from workspace import MODEL

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch

LENGTHS = (5, 1, 7, 3)
TOKENS = 11


def _model(**changes: Any) -> TransformerConfig:
    section = {**MODEL, "vocab_size": TOKENS, "dropout_prob": 0.0, **changes}
    return ModelDocument.model_validate({"transformer_config": section}).transformer_config


def _alone() -> list[Batch]:
    """Documents, each in a batch of its own; the loss counts half of each."""
    random, batches = np.random.default_rng(0), list[Batch]()
    for length in LENGTHS:
        tokens = random.integers(0, TOKENS, length + 1)
        targets = np.where(np.arange(length) < length // 2, IGNORE_INDEX, tokens[1:])
        batches.append(Batch(tokens[None, :-1], targets[None]))
    return batches


def _joined(rows: list[list[int]]) -> Batch:
    """The documents in some rows, with padding after them."""
    alone, width = _alone(), 16
    inputs, targets = np.full((len(rows), width), 3), np.full((len(rows), width), IGNORE_INDEX)
    for at, row in enumerate(rows):
        begin = 0
        for document in row:
            end = begin + LENGTHS[document]
            inputs[at, begin:end] = alone[document].inputs[0]
            targets[at, begin:end] = alone[document].targets[0]
            begin = end
    lengths = tuple(tuple(LENGTHS[document] for document in row) for row in rows)
    return Batch(inputs, targets, lengths)


MODELS = {
    "gpt2": {},
    "gpt2-fixed": {"positional_embedding_type": "fixed"},
    "llama": {"model_type": "llama", "num_groups": 2},
    "qwen2": {"model_type": "qwen2"},
    "qwen3": {"model_type": "qwen3"},
    "dynamic": {
        "model_type": "llama",
        "rope_scaling": {
            "rope_type": "dynamic",
            "scaling_factor": 8.0,
            "original_context_length": 4,
        },
    },
    "smollm3": {"model_type": "smollm3"},
    "phi3": {"model_type": "phi3", "sliding_window": 3},
    "gemma2": {"model_type": "gemma2", "sliding_window": 3, "attn_logit_softcapping": 0.1},
    "gemma3": {"model_type": "gemma3_text", "sliding_window": 3},
    "window": {"model_type": "mistral", "sliding_window": 3},
    "recomputed": {"model_type": "llama", "runner_type": "memory_efficient"},
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rows", [[[0, 1, 2, 3]], [[2, 0], [3, 1]], [[0], [1], [2], [3]]])
def test_documents_in_one_row_do_not_see_each_other(model: str, rows: list[list[int]]) -> None:
    backends = [TorchBackend(_model(**MODELS[model]), TrainingConfig()) for _ in range(2)]
    apart, together = (
        backend.gradient(batches)
        for backend, batches in zip(backends, (_alone(), [_joined(rows)]), strict=True)
    )
    assert together.loss == pytest.approx(apart.loss, rel=1e-6)
    assert together.norm == pytest.approx(apart.norm, rel=1e-5)
    for backend in backends:
        backend.update(0.1)
    first, second = (backend.weights() for backend in backends)
    for name, array in first.items():
        np.testing.assert_allclose(second[name], array, atol=2e-4, err_msg=name)
    assert backends[0].loss([_joined(rows)]) == pytest.approx(backends[1].loss(_alone()), rel=1e-3)
