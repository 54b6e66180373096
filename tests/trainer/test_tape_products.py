"""Products of matrices in bfloat16, and products that recover what bfloat16 loses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bf16 import pretend_bf16_units
from tape_models import MODELS, batch, model, torch_loss, torch_model, weights_of

from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.registry import choose_backend
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.backends.tape.products import MatMul, three_products

OPS = NumpyOps()
PRODUCTS: dict[str, tuple[MatMul, float]] = {
    "fp32": (OPS.matmul, 1e-5),
    "three bf16": (three_products(OPS), 1e-4),
    "bf16": (OPS.matmul_bf16, 1.3e-2),
}
"""Each with the largest error of a gradient, relative to its norm."""


def test_numbers_are_rounded_as_in_torch() -> None:
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**32, 100_000, dtype=np.uint32)
    middle = (np.arange(1000, dtype=np.uint32) << 16) + np.uint32(0x3F808000)
    numbers = np.concatenate((bits, middle)).view(np.float32)
    numbers = np.concatenate(
        (numbers[~np.isnan(numbers)], np.array([np.inf, -np.inf, -0.0], np.float32))
    )
    wanted = torch.from_numpy(numbers).bfloat16().float().numpy()
    np.testing.assert_array_equal(OPS.rounded(numbers), wanted)
    assert np.isnan(OPS.rounded(np.array([np.nan], np.float32))).all()


@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True)])
def test_three_products_have_the_digits_of_float32(transposed: tuple[bool, bool]) -> None:
    random = np.random.default_rng(1)
    exact = [random.normal(size=(2, 40, 40)) for _ in range(2)]
    a, b = (array.astype(np.float32) for array in exact)
    left, right = (
        array.swapaxes(1, 2) if turned else array
        for array, turned in zip((a, b), transposed, strict=True)
    )
    wanted = left.astype(np.float64) @ right
    errors = [
        np.linalg.norm(matmul(a, b, transpose_a=transposed[0], transpose_b=transposed[1]) - wanted)
        / np.linalg.norm(wanted)
        for matmul, _ in PRODUCTS.values()
    ]
    assert errors[0] < 1e-6
    assert errors[1] < 1e-5
    assert 1e-3 < errors[2] < 5e-3


@pytest.mark.parametrize("products", PRODUCTS)
@pytest.mark.parametrize("name", ["gpt2-tied", "llama-tied", "qwen3", "llama-recomputed"])
def test_gradients_have_the_precision_of_the_products(name: str, products: str) -> None:
    config, (matmul, bound) = model(**MODELS[name]), PRODUCTS[products]
    weights = weights_of(config)
    reference = torch_model(config, weights)
    torch_loss(reference, [batch()]).backward()
    training = TrainingConfig.model_validate(
        {"use_clip_grad_norm": False, "weight_decay": 0, "optimizer": {"type": "SGD"}}
    )
    backend = TapeBackend(OPS, "CPU", {}, config, training, weights, matmul)
    backend.gradient([batch()])
    backend.update(1.0)
    wrong = exact = 0.0
    for key, parameter in reference.named_parameters():
        if parameter.grad is not None:
            change = weights[key].astype(np.float64) - backend.weights()[key]
            wrong += float(((change - parameter.grad.numpy()) ** 2).sum())
            exact += float(parameter.grad.norm()) ** 2
    assert (wrong / exact) ** 0.5 < bound


def test_bf16_trains_like_autocast_in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    config, training = model(**MODELS["llama"]), TrainingConfig(precision="bf16")
    losses: dict[str, list[float]] = {}
    for name, precision in (("torch", training), ("numpy", training), ("exact", TrainingConfig())):
        module = choose_backend("torch" if name == "torch" else "numpy").module
        backend = module.open_backend(config, precision, weights=weights_of(config))
        losses[name] = []
        for step in range(5):
            losses[name].append(backend.gradient([batch(seed=step)]).loss)
            backend.update(1e-3)
    assert losses["numpy"] != losses["exact"]
    assert losses["numpy"] == pytest.approx(losses["exact"], abs=2e-3)
    assert losses["numpy"] == pytest.approx(losses["torch"], abs=1e-2)
