"""Values derived from a recipe."""

from __future__ import annotations

from typing import Any

import pytest

from trainsmith_schemas.families.registry import all_families
from trainsmith_schemas.meaning.derived import (
    checkpoint_count,
    checkpoint_size,
    counted_parameters,
    optimizer_numbers,
    parameter_count,
    run_length,
    tokens_per_step,
)
from trainsmith_schemas.meaning.memory import Pass, peak_memory, state_memory
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig


@pytest.mark.parametrize(
    ("training", "count"),
    [
        (TrainingConfig(max_steps=5000, checkpoint_frequency=100), 50),
        (TrainingConfig(max_steps=5000, model_save_interval=300), 17),
        (TrainingConfig(max_steps=5000, model_save_interval=1, checkpoint_frequency=1000), 5),
        (TrainingConfig(max_steps=50, checkpoint_frequency=100), 1),
        (TrainingConfig(), 2),
        (TrainingConfig(num_epochs=3), None),
        (TrainingConfig(num_epochs=3, save_strategy="epoch"), 3),
        (TrainingConfig(max_steps=100, save_strategy="epoch"), None),
    ],
)
def test_checkpoints(training: TrainingConfig, count: int | None) -> None:
    assert checkpoint_count(training) == count


@pytest.mark.parametrize(
    ("batch_size", "steps"),
    [
        (4, 18),  # The last step of each epoch has two of 22 sequences.
        (22, 3),
        (64, 3),  # A step reads all of the data.
    ],
)
def test_num_epochs_determines_the_number_of_steps(batch_size: int, steps: int) -> None:
    training = TrainingConfig(batch_size=batch_size, num_epochs=3)
    assert run_length(training, 22).steps == steps


def test_tokens_per_step() -> None:
    training = TrainingConfig(batch_size=8, gradient_accumulation_steps=4)
    assert tokens_per_step(training, TransformerConfig(max_sequence_length=128)) == 4096


@pytest.mark.parametrize(
    "model_type", [one.name for one in all_families() if "trainsmith" in one.trained_by]
)
@pytest.mark.parametrize("vocab_size", [0, 96])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"weight_tying": "enabled"},
        {"bias": False},
        {"positional_embedding_type": "fixed"},
        {"num_groups": 2},
        {"intermediate_dim": 100},
        {"embedding_dim": 72, "num_heads": 4, "num_blocks": 1},
        {"head_dim": 10, "attention_bias": True, "mlp_bias": True},
    ],
    ids=str,
)
def test_parameter_count_equals_that_of_the_real_model(
    model_type: str, vocab_size: int, shape: dict[str, object]
) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed: run `npm run setup`")
    from trainsmith_trainer.backends.torch.models import build_model

    small = {"embedding_dim": 64, "num_heads": 4, "num_blocks": 2, "max_sequence_length": 16}
    config = TransformerConfig.model_validate(
        {"model_type": model_type, "vocab_size": vocab_size, **small, **shape}
    )
    model = build_model(config.model_copy(update={"vocab_size": 96}))
    real = sum(one.numel() for one in model.parameters() if one.requires_grad)
    assert parameter_count(config, None if vocab_size else 96) == real


def test_gpt2_small_has_the_published_size() -> None:
    gpt2 = TransformerConfig(
        vocab_size=50257,
        embedding_dim=768,
        num_blocks=12,
        num_heads=12,
        max_sequence_length=1024,
        weight_tying="enabled",
    )
    assert parameter_count(gpt2) == 124_439_808
    assert state_memory(1000) == 16_000


@pytest.mark.parametrize(
    ("training", "memory", "checkpoint"),
    [
        ({}, 16, 12),
        ({"use_kahan_summation": True}, 16, 12),
        ({"optimizer": {"amsgrad": True}}, 20, 16),
        ({"optimizer": {"type": "SGD"}}, 8, 4),
        ({"optimizer": {"type": "SGD", "momentum": 0.9}}, 12, 8),
        ({"optimizer": {"type": "NoOp"}}, 8, 4),
        ({"optimizer": {"type": "AdamWFullPrecision"}}, 16, 12),
        ({"precision": "bf16"}, None, 12),
        ({"precision": "bf16", "use_kahan_summation": True}, None, 16),
        ({"precision": "bf16", "optimizer": {"type": "AdamWFullPrecision"}}, None, 16),
    ],
)
def test_bytes_per_parameter(training: dict[str, Any], memory: int | None, checkpoint: int) -> None:
    document = TrainingDocument.model_validate({"training_config": training})
    model = TransformerConfig(vocab_size=96)
    parameters = parameter_count(model)
    assert parameters
    # With a single token, the peak is at the update; in bfloat16, where float32 copies exist.
    peak = peak_memory(document, model, Pass.full(1, 1))
    assert peak is not None
    assert memory is None or peak.parameters == memory * parameters
    assert checkpoint_size(document, model) == checkpoint * parameters


def test_muon_has_one_number_for_matrices_in_blocks() -> None:
    muon = {"training_config": {"optimizer": {"type": "Muon"}}}
    model = TransformerConfig(vocab_size=96)
    document = TrainingDocument.model_validate(muon)
    counted = counted_parameters(document, model)
    assert counted is not None
    inside = counted.matrices
    assert optimizer_numbers(document, counted) == inside + 2 * (counted.trained - inside)
