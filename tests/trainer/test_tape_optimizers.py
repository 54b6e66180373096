"""The optimizers of the tape take the steps of those in `torch.optim`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape.optimizers import optimizer_for

_SGD: dict[str, Any] = {"lr": 1.0, "momentum": 0.9}
_CASES: dict[str, tuple[dict[str, Any], type[torch.optim.Optimizer], dict[str, Any]]] = {
    "AdamW": (
        {"type": "AdamW", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6},
        torch.optim.AdamW,
        {"betas": (0.8, 0.95), "eps": 1e-6},
    ),
    "AMSGrad": (
        {"type": "AdamW", "beta2": 0.5, "amsgrad": True},
        torch.optim.AdamW,
        {"betas": (0.9, 0.5), "amsgrad": True},
    ),
    "SGD": ({"type": "SGD"}, torch.optim.SGD, {"lr": 1.0}),
    "momentum": (
        {"type": "SGD", "momentum": 0.9, "dampening": 0.1},
        torch.optim.SGD,
        {**_SGD, "dampening": 0.1},
    ),
    "Nesterov": (
        {"type": "SGD", "momentum": 0.9, "nesterov": True},
        torch.optim.SGD,
        {**_SGD, "nesterov": True},
    ),
}
"""The recipe's section, and the same optimizer of PyTorch."""


@pytest.mark.parametrize("name", _CASES)
def test_steps_equal_those_of_torch(name: str) -> None:
    settings, reference, options = _CASES[name]
    random, ops = np.random.default_rng(0), NumpyOps(np.float64)
    weights = {"matrix": random.normal(size=(3, 4)), "bias": random.normal(size=4)}
    theirs = {key: torch.tensor(array, requires_grad=True) for key, array in weights.items()}
    groups = [
        {"params": [theirs["matrix"]], "weight_decay": 0.1},
        {"params": [theirs["bias"]], "weight_decay": 0.0},
    ]
    optimizer = reference(groups, **options)
    shapes = {key: array.shape for key, array in weights.items()}
    ours = optimizer_for(OptimizerConfig.model_validate(settings), shapes, ops)
    for step in range(6):
        gradients = {key: random.normal(size=shape) for key, shape in shapes.items()}
        for group in optimizer.param_groups:
            group["lr"] = 0.1 / (step + 1)
        for key, parameter in theirs.items():
            parameter.grad = torch.tensor(gradients[key])
        optimizer.step()
        ours.step(weights, gradients, 0.1 / (step + 1), 0.1)
        for key, array in weights.items():
            wanted = theirs[key].detach().numpy()
            np.testing.assert_allclose(array, wanted, rtol=1e-12, atol=1e-12, err_msg=key)


def test_no_op_changes_nothing() -> None:
    weights = {"matrix": np.ones((2, 2))}
    optimizer = optimizer_for(OptimizerConfig(type="NoOp"), {"matrix": (2, 2)}, NumpyOps())
    optimizer.step(weights, {"matrix": np.ones((2, 2))}, 1.0, 1.0)
    np.testing.assert_array_equal(weights["matrix"], np.ones((2, 2)))
    assert optimizer.state() == {}
