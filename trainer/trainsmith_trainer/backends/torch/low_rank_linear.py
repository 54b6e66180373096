"""A frozen linear layer plus a trained low-rank one, as one function with its own gradient."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional


class _LowRankLinear(Function):
    """See `low_rank_linear`. It stores its input and `x Aᵀ`, and adds products into each other."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        dropped: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        a: Tensor,
        b: Tensor,
        scale: float,
    ) -> Tensor:
        low = (inputs if dropped is None else dropped).to(a.dtype) @ a.T
        ctx.save_for_backward(inputs, dropped, weight, a, b, low)
        ctx.scale = scale
        plain = functional.linear(inputs, weight, None if bias is None else bias.to(inputs.dtype))
        return _plus_product(plain, low, b.T, scale)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, gradient: Tensor
    ) -> tuple[Tensor | None, ...]:
        inputs, dropped, weight, a, b, low = ctx.saved_tensors
        of_inputs = gradient @ weight if ctx.needs_input_grad[0] else None
        precise = gradient.to(b.dtype)
        of_bias = precise.sum(dim=0) if ctx.needs_input_grad[3] else None
        of_b = (precise.T @ low) * ctx.scale
        of_low = (precise @ b) * ctx.scale
        of_dropped = None
        if dropped is not None:
            of_dropped = (of_low @ a).to(dropped.dtype) if ctx.needs_input_grad[1] else None
        elif of_inputs is not None:
            of_inputs = _plus_product(of_inputs, of_low, a)
        of_a = of_low.T @ (inputs if dropped is None else dropped).to(a.dtype)
        return of_inputs, of_dropped, None, of_bias, of_a, of_b, None


def low_rank_linear(
    inputs: Tensor,
    dropped: Tensor | None,
    weight: Tensor,
    bias: Tensor | None,
    a: Tensor,
    b: Tensor,
    scale: float,
) -> Tensor:
    """Compute `x Wᵀ + bias + scale · x Aᵀ Bᵀ`.

    PyTorch's own functions would write the last summand, which is as large as the output, and read
    it again for each of the operations.

    Args:
        inputs: (…, in), in the precision of the weight.
        dropped: what replaces the input in the last summand; `None`: nothing does.
        weight: (out, in); it gets no gradient.
        bias: (out,).
        a: (r, in), in float32.
        b: (out, r), in float32.
        scale: the factor of the last summand.

    Returns:
        (…, out), in the precision of the weight.
    """
    flat = None if dropped is None else dropped.flatten(0, -2)
    added = _LowRankLinear.apply(inputs.flatten(0, -2), flat, weight, bias, a, b, scale)
    return added.unflatten(0, inputs.shape[:-1])


def _plus_product(summand: Tensor, left: Tensor, right: Tensor, scale: float = 1.0) -> Tensor:
    """The summand, which may be changed, plus a scaled product; a float32 sum is rounded once."""
    if summand.dtype == left.dtype:
        return summand.addmm_(left, right, alpha=scale)
    return (summand + (left @ right) * scale).to(summand.dtype)
