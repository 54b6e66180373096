"""Models in float64 on both backends, for the tests of `backends/tape`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.backends.initial_weights import initial_weights
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.backends.tape.passage import Passage
from trainsmith_trainer.backends.tape.rotary import tables
from trainsmith_trainer.backends.torch.models import build_empty, load_weights
from trainsmith_trainer.backends.torch.models.attention import Packed
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding
from trainsmith_trainer.backends.torch.models.transformer import Transformer
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch

SHAPE: dict[str, Any] = {
    "vocab_size": 65,
    "embedding_dim": 24,
    "num_blocks": 2,
    "num_heads": 4,
    "max_sequence_length": 20,
    "dropout_prob": 0.0,
}
"""No dimension is a multiple of 32."""

_YARN = {"rope_type": "yarn", "scaling_factor": 4.0, "original_context_length": 8}
MODELS: dict[str, dict[str, Any]] = {
    "gpt2": {"model_type": "gpt2"},
    "gpt2-tied": {"model_type": "gpt2", "weight_tying": "enabled", "activation": "gelu_tanh"},
    "gpt2-fixed": {"model_type": "gpt2", "positional_embedding_type": "fixed", "bias": False},
    "llama": {"model_type": "llama"},
    "llama-tied": {"model_type": "llama", "num_groups": 2, "weight_tying": "enabled"},
    "llama-biases": {"model_type": "llama", "attention_bias": True, "mlp_bias": True},
    "llama-yarn": {"model_type": "llama", "num_groups": 1, "rope_scaling": _YARN},
    "llama-recomputed": {"model_type": "llama", "runner_type": "memory_efficient"},
    "qwen3": {"model_type": "qwen3", "num_groups": 2, "head_dim": 10},
    "qwen3-window": {
        "model_type": "qwen3",
        "weight_tying": "enabled",
        "attention_bias": True,
        "sliding_window": 3,
        "layer_types": ["sliding_attention", "full_attention"],
    },
}


def model(**changes: Any) -> TransformerConfig:
    section = {**SHAPE, **changes}
    return ModelDocument.model_validate({"transformer_config": section}).transformer_config


def weights_of(config: TransformerConfig) -> dict[str, npt.NDArray[np.float32]]:
    """Random weights, also for biases and gains, which begin with 0 and 1 otherwise."""
    random = np.random.default_rng(5)
    return {
        name: array + random.normal(0, 0.1, array.shape).astype(np.float32)
        for name, array in initial_weights(config, seed=3).items()
    }


def tape_backend(
    config: TransformerConfig, weights: Arrays | None = None, **training: Any
) -> TapeBackend:
    """The backend in float64."""
    parsed = TrainingConfig.model_validate(training)
    given = weights or weights_of(config)
    return TapeBackend(NumpyOps(np.float64), "CPU", {}, config, parsed, given)


def torch_model(config: TransformerConfig, weights: Arrays) -> Transformer:
    """PyTorch's model in float64, tables of positions included."""
    built = build_empty(config)
    load_weights(built, {name: torch.tensor(array) for name, array in weights.items()})
    built.double()
    passage = Passage.of_text(np.zeros((1, config.max_sequence_length), np.int64))
    for module in built.modules():
        if isinstance(module, RotaryEmbedding):
            cosines, sines = tables(config, passage, NumpyOps(np.float64))
            module.cosines = torch.tensor(cosines[0, 0])
            module.sines = torch.tensor(sines[0, 0])
    return built.train()


def torch_loss(built: Transformer, batches: Sequence[Batch]) -> Tensor:
    """Mean cross entropy over the counted tokens of some batches, document by document."""
    total, counted = torch.zeros((), dtype=torch.float64), 0
    for batch in batches:
        counted += batch.tokens
        for row, (inputs, targets) in enumerate(zip(batch.inputs, batch.targets, strict=True)):
            lengths = batch.lengths[row] if batch.lengths else (len(inputs),)
            packed = Packed.of(lengths, torch.device("cpu"))
            tokens = torch.tensor(inputs[: sum(lengths)])[None]
            logits = built.logits(built.hidden(tokens, packed=packed))[0]
            wanted = torch.tensor(targets[: sum(lengths)])
            total = total + functional.cross_entropy(
                logits, wanted, reduction="sum", ignore_index=IGNORE_INDEX
            )
    return total / counted


def batch(rows: int = 3, length: int = 20, seed: int = 0) -> Batch:
    """Random tokens, of which the loss ignores some."""
    random = np.random.default_rng(seed)
    tokens = random.integers(0, SHAPE["vocab_size"], (rows, length + 1))
    ignored = random.random((rows, length)) < 0.2
    return Batch(tokens[:, :-1], np.where(ignored, IGNORE_INDEX, tokens[:, 1:]))


def packed_batch() -> Batch:
    """Two rows of several documents, with padding after them."""
    plain, lengths = batch(rows=2), ((7, 1, 9), (12,))
    used = np.arange(20) < np.array([[sum(row)] for row in lengths])
    targets = np.where(used, plain.targets, IGNORE_INDEX)
    return Batch(np.where(used, plain.inputs, 0), targets, lengths)
