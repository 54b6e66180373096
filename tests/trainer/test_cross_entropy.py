"""The loss in parts equals the loss of all tokens at once."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_trainer.backends.torch import cross_entropy
from trainsmith_trainer.backends.torch.cross_entropy import summed_cross_entropy
from trainsmith_trainer.backends.torch.models import build_model
from trainsmith_trainer.backends.torch.models.transformer import Transformer


def _model(family: str) -> Transformer:
    section = {
        "model_type": family,
        "embedding_dim": 16,
        "num_heads": 2,
        "num_blocks": 1,
        "vocab_size": 300,
    }
    return build_model(
        ModelDocument.model_validate({"transformer_config": section}).transformer_config
    )


def _compute_at_once(monkeypatch: pytest.MonkeyPatch, tokens: int) -> None:
    def at_once(_vocab_size: int, _precision: str) -> int:
        return tokens

    monkeypatch.setattr(cross_entropy, "tokens_of_logits", at_once)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
@pytest.mark.parametrize("frozen", [False, True])
def test_parts_equal_the_whole(family: str, frozen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(functional, "linear_cross_entropy"):
        pytest.skip("PyTorch before 2.13 computes the loss as a whole: install a newer one")
    torch.manual_seed(0)
    model = _model(family)
    model.lm_head.weight.requires_grad_(not frozen)
    vectors, targets = torch.randn(50, 16), torch.randint(300, (50,))
    results: list[tuple[float, torch.Tensor, torch.Tensor | None]] = []
    for at_once in (7, 100):
        _compute_at_once(monkeypatch, at_once)
        inputs = vectors.clone().requires_grad_()
        model.zero_grad()
        loss = summed_cross_entropy(model, inputs, targets)
        loss.backward()
        assert inputs.grad is not None
        results.append((loss.item(), inputs.grad, model.lm_head.weight.grad))
    parts, whole = results
    assert parts[0] == pytest.approx(whole[0], rel=1e-6)
    torch.testing.assert_close(parts[1], whole[1], rtol=1e-5, atol=1e-6)
    assert (parts[2] is None) == (whole[2] is None) == frozen
    if parts[2] is not None and whole[2] is not None:
        torch.testing.assert_close(parts[2], whole[2], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("family", ["llama", "gemma2"])
def test_logits_of_parts_are_not_kept(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(functional, "linear_cross_entropy"):
        pytest.skip("PyTorch before 2.13 computes the loss as a whole: install a newer one")
    _compute_at_once(monkeypatch, 10)
    model, largest = _model(family), 0

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal largest
        largest = max(largest, tensor.numel())
        return tensor

    vectors = torch.randn(1000, 16, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        summed_cross_entropy(model, vectors, torch.zeros(1000, dtype=torch.int64)).backward()
    assert largest < 1000 * 300 / 10
