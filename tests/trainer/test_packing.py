"""Several documents in one row give the same loss and gradients as each of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from workspace import MODEL

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.backends.torch.packed_rows import packed_row
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch
from trainsmith_trainer.data.shared_prefix import uncounted_prefix

LENGTHS = (5, 1, 7, 3)
TOKENS = 11


def _model(**changes: Any) -> TransformerConfig:
    section = {**MODEL, "vocab_size": TOKENS, "dropout_prob": 0.0, **changes}
    return ModelDocument.model_validate({"transformer_config": section}).transformer_config


def _alone(lengths: Sequence[int] = LENGTHS, shared: int = 0) -> list[Batch]:
    """Documents, each in a batch of its own; the loss counts half of each.

    Args:
        lengths: of the documents.
        shared: how many first tokens are the same in all of them.
    """
    random, batches = np.random.default_rng(0), list[Batch]()
    for length in lengths:
        tokens = random.integers(0, TOKENS, length + 1)
        tokens[:shared] = np.arange(shared)
        targets = np.where(np.arange(length) < length // 2, IGNORE_INDEX, tokens[1:])
        batches.append(Batch(tokens[None, :-1], targets[None]))
    return batches


def _joined(rows: list[list[int]], alone: Sequence[Batch] | None = None) -> Batch:
    """The documents in some rows, with padding after them."""
    alone = alone or _alone()
    sizes = [batch.inputs.size for batch in alone]
    width = max(sum(sizes[document] for document in row) for row in rows)
    inputs, targets = np.full((len(rows), width), 3), np.full((len(rows), width), IGNORE_INDEX)
    for at, row in enumerate(rows):
        begin = 0
        for document in row:
            end = begin + sizes[document]
            inputs[at, begin:end] = alone[document].inputs[0]
            targets[at, begin:end] = alone[document].targets[0]
            begin = end
    lengths = tuple(tuple(sizes[document] for document in row) for row in rows)
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
    _compare(model, _alone(), _joined(rows))


@pytest.mark.parametrize("model", MODELS)
def test_tokens_that_are_computed_once_count_in_each_document(model: str) -> None:
    alone = _alone((9, 6, 11, 6), shared=3)
    joined = _joined([[2, 0], [3, 1]], alone)
    *_, packed = packed_row(joined, torch.device("cpu"), shares=True)
    assert packed.shared == 3
    _compare(model, alone, joined)


def _compare(model: str, alone: list[Batch], joined: Batch) -> None:
    """Check that loss, gradients and weights after a step are the same."""
    # AdamW would enlarge the rounding of gradients that are almost zero.
    training = TrainingConfig.model_validate({"optimizer": {"type": "SGD"}})
    backends = [TorchBackend(_model(**MODELS[model]), training) for _ in range(2)]
    apart, together = (
        backend.gradient(batches)
        for backend, batches in zip(backends, (alone, [joined]), strict=True)
    )
    assert together.loss == pytest.approx(apart.loss, rel=1e-6)
    assert together.norm == pytest.approx(apart.norm, rel=1e-5)
    for backend in backends:
        backend.update(1.0)
    first, second = (backend.weights() for backend in backends)
    for name, array in first.items():
        np.testing.assert_allclose(second[name], array, atol=2e-6, err_msg=name)
    assert backends[0].loss([joined]) == pytest.approx(backends[1].loss(alone), rel=1e-3)


@pytest.mark.parametrize(
    ("documents", "shared"),
    [
        ([([1, 2, 3, 4], 3), ([1, 2, 5], 2)], 2),
        ([([1, 2, 3, 4], 1), ([1, 2, 3, 5], 2)], 1),
        ([([1, 2, 3], 3), ([1, 2, 3, 4], 3)], 3),
        ([([1, 2], 2), ([3, 2], 2)], 0),
        ([([1, 2], 2)], 0),
    ],
    ids=["tokens differ", "a target counts", "a whole document", "nothing", "one document"],
)
def test_only_equal_tokens_without_a_target_are_shared(
    documents: list[tuple[list[int], int]], shared: int
) -> None:
    inputs = np.concatenate([tokens for tokens, _ in documents])
    targets = np.concatenate(
        [
            np.where(np.arange(len(tokens)) < ignored, IGNORE_INDEX, 1)
            for tokens, ignored in documents
        ]
    )
    lengths = [len(tokens) for tokens, _ in documents]
    assert uncounted_prefix(inputs, targets, lengths) == shared


def test_short_row_has_shared_tokens_once() -> None:
    packed = Packed.of((3, 2, 4), torch.device("cpu"), shared=2)
    whole = torch.tensor([[0, 1, 2, 0, 1, 0, 1, 3, 4]])
    short = packed.shorten(whole)
    assert short.tolist() == [[0, 1, 2, 3, 4]]
    assert packed.restore(short).tolist() == whole.tolist()


@pytest.mark.parametrize(("dropout", "read"), [(0.0, 23), (0.5, 32)])
def test_dropout_differs_in_each_document(dropout: float, read: int) -> None:
    """With dropout, the vectors of equal tokens are not equal, so none are computed once."""
    backend: Any = TorchBackend(_model(dropout_prob=dropout), TrainingConfig())
    seen: list[int] = []

    def count(_module: object, _inputs: object, vectors: torch.Tensor) -> None:
        seen.append(vectors.shape[1])

    next(iter(backend._model.blocks())).register_forward_hook(count)
    batch = _joined([[0, 1, 2, 3]], _alone((9, 6, 11, 6), shared=3))
    backend.gradient([batch])
    backend.loss([batch])
    assert seen == [read, 23]
