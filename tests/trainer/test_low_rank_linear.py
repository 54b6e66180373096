"""LoRA's layer as one function: values and gradients are those of the plain formula."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from trainsmith_trainer.backends.torch.low_rank_linear import low_rank_linear

SCALE = 1.5


def _random(*shape: int, dtype: torch.dtype = torch.float64, trained: bool = True) -> Tensor:
    return torch.randn(shape, dtype=dtype).requires_grad_(trained)


def _formula(
    inputs: Tensor,
    dropped: Tensor | None,
    weight: Tensor,
    bias: Tensor | None,
    a: Tensor,
    b: Tensor,
    scale: float,
) -> Tensor:
    plain = functional.linear(inputs, weight, None if bias is None else bias.to(inputs))
    added = (inputs if dropped is None else dropped).to(a.dtype) @ a.T @ b.T
    return (plain + added * scale).to(plain.dtype)


@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("bias", ["none", "frozen", "trained"])
@pytest.mark.parametrize("first", [False, True], ids=["", "frozen input"])
def test_values_and_gradients(first: bool, bias: str, drops: bool) -> None:
    torch.manual_seed(0)
    arguments: tuple[Any, ...] = (
        _random(2, 3, 5, trained=not first),
        _random(2, 3, 5, trained=not first) if drops else None,
        _random(4, 5, trained=False),
        None if bias == "none" else _random(4, trained=bias == "trained"),
        _random(2, 5),
        _random(4, 2),
        SCALE,
    )
    torch.testing.assert_close(low_rank_linear(*arguments), _formula(*arguments))
    assert torch.autograd.gradcheck(low_rank_linear, arguments)


@pytest.mark.parametrize("drops", [False, True])
def test_bfloat16_sums_are_rounded_once(drops: bool) -> None:
    torch.manual_seed(0)
    arguments: tuple[Any, ...] = (
        _random(7, 5, dtype=torch.bfloat16),
        _random(7, 5, dtype=torch.bfloat16) if drops else None,
        _random(4, 5, dtype=torch.bfloat16, trained=False),
        _random(4, dtype=torch.float32),
        _random(2, 5, dtype=torch.float32),
        _random(4, 2, dtype=torch.float32),
        SCALE,
    )
    trained = [one for one in arguments if isinstance(one, Tensor) and one.requires_grad]
    ours, theirs = low_rank_linear(*arguments), _formula(*arguments)
    assert torch.equal(ours, theirs)
    gradient = torch.randn(7, 4).to(torch.bfloat16)
    for own, plain in zip(
        torch.autograd.grad(ours, trained, gradient),
        torch.autograd.grad(theirs, trained, gradient),
        strict=True,
    ):
        assert own.dtype == plain.dtype
        torch.testing.assert_close(own, plain, atol=2e-2, rtol=1e-2)
