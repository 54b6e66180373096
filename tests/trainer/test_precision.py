"""Training in bfloat16, and the warning without bfloat16 units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bf16 import pretend_bf16_units
from workspace import MODEL, TEXT, Workspace

from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.run.resume import plan_resume
from trainsmith_trainer.run.training import run_training

TOKENS = CharTokenizer.of(TEXT).encode(TEXT)


def _backend(shape: dict[str, Any], **training: Any) -> TorchBackend:
    # Emulated bfloat16 is slow, so the model is smaller than elsewhere.
    small = {"embedding_dim": 16, "num_blocks": 1}
    section = {**MODEL, **small, "vocab_size": int(TOKENS.max()) + 1, "dropout_prob": 0.0, **shape}
    model = ModelDocument.model_validate({"transformer_config": section}).transformer_config
    return TorchBackend(model, TrainingConfig.model_validate(training))


def _batch(seed: int) -> Batch:
    starts = np.random.default_rng(seed).integers(0, len(TOKENS) - 17, 8)
    window = TOKENS[starts[:, None] + np.arange(17)].astype(np.int64)
    return Batch(window[:, :-1].copy(), window[:, 1:].copy())


def _losses(backend: TorchBackend) -> list[float]:
    losses: list[float] = []
    for step in range(12):
        losses.append(backend.gradient([_batch(step)]).loss)
        backend.update(0.003)
    return losses


@pytest.mark.parametrize("shape", [{}, {"model_type": "llama", "num_groups": 2}])
@pytest.mark.parametrize(
    "more", [{}, {"use_kahan_summation": True}, {"optimizer": {"type": "AdamWFullPrecision"}}]
)
def test_bfloat16_losses_match_float32(
    shape: dict[str, Any], more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    exact = _losses(_backend(shape, **more))
    backend = _backend(shape, precision="bf16", **more)
    assert _losses(backend) == pytest.approx(exact, rel=0.03)
    assert backend.versions["precision"] == ("bf16" if more else "bf16, autocast")
    tokens = TOKENS[:12].tolist()
    cached = backend.decoder()
    step_by_step = [cached.read([token]) for token in tokens][-1]
    np.testing.assert_allclose(step_by_step, backend.decoder().read(tokens), atol=0.1)
    assert {array.dtype for array in backend.weights().values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    "more", [{}, {"use_kahan_summation": True}, {"optimizer": {"type": "AdamWFullPrecision"}}]
)
def test_small_updates_are_not_lost_in_bfloat16(
    more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    moved: list[float] = []
    for precision in ("fp32", "bf16"):
        backend = _backend({}, precision=precision, weight_decay=0.0, **more)
        before = {name: array.copy() for name, array in backend.weights().items()}
        for step in range(6):
            backend.gradient([_batch(step)])
            backend.update(1e-6)  # Less than half a step of bfloat16 for most weights.
        exact = backend.optimizer_state()
        weights = {
            name: exact.get(f"master.{name}", array) + exact.get(f"kahan.{name}", 0.0)
            for name, array in backend.weights().items()
        }
        moved.append(sum(float(abs(weights[n] - before[n]).sum()) for n in before))
    assert moved[1] == pytest.approx(moved[0], rel=0.1)


@pytest.mark.parametrize("kahan", [True, False])
def test_bfloat16_resume_is_bit_identical(
    workspace: Workspace, kahan: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    monkeypatch.chdir(workspace.path)
    workspace.write_recipe(training_config={"precision": "bf16", "use_kahan_summation": kahan})
    workspace.write_model(embedding_dim=16, num_blocks=1)
    config = load_config(workspace.path / "training.yaml")
    assert run_training(config, "whole") == 0
    checkpoint = workspace.run_folder("whole") / "checkpoints" / "step-000004"
    plan = plan_resume(workspace.path / "checkpoints", config.path, "again", checkpoint)
    assert run_training(config, "again", resume=plan) == 0
    final = [
        (workspace.run_folder(name) / "final" / "model.safetensors").read_bytes()
        for name in ("whole", "again")
    ]
    assert final[0] == final[1]


def test_missing_bfloat16_units_fall_back_to_float32_with_warning(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=False)
    monkeypatch.chdir(workspace.path)
    settings = {"precision": "bf16", "use_kahan_summation": True, "max_steps": 1}
    workspace.write_recipe(training_config=settings)
    assert run_training(load_config(workspace.path / "training.yaml"), None) == 0
    warnings = {
        event.config_path: event.message
        for event in workspace.events()
        if isinstance(event, events.Warned)
    }
    assert "no bfloat16 units" in warnings["training_config.precision"]
    assert "the run computes in fp32" in warnings["training_config.precision"]
    assert "no bfloat16 rounding" in warnings["training_config.use_kahan_summation"]
