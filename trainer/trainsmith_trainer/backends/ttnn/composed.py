"""Functions that some devices lack, from operations that all of them have.

The public functional simulator ends the process at ttnn's own `rsqrt`, `sqrt`, `log` and `sigmoid`.
These have the same accuracy: an error of at most 2e-7 of the result, and for the logarithm of at
most 2e-7 where the result is nearly 0.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import ttnn  # pyright: ignore[reportMissingImports]

Tensor: TypeAlias = Any

_GUESS = 0x5F3759DF
"""The constant of the fast inverse square root (Lomont 2003, "Fast Inverse Square Root")."""
_SMALLEST = 1e-30
"""Below this, float32's inverse square root is computed as if the number were this large."""
_MANTISSA = 1 << 23
_BIAS = 127
"""Bits of a float32: the exponent, plus this, is above the 23 bits of the mantissa."""


def rsqrt(x: Tensor) -> Tensor:
    """1 / √x for x > 0: a guess from the bits of x, then Newton's method."""
    shifted = ttnn.bitwise_right_shift(ttnn.bitcast(x, ttnn.int32), 1)
    y = ttnn.bitcast(ttnn.rsub(shifted, _GUESS), ttnn.float32)
    half = ttnn.multiply(x, -0.5)
    for _ in range(3):
        # y · (1.5 − x/2 · y²)
        correction = ttnn.add(ttnn.multiply(ttnn.multiply(half, y), y), 1.5)
        y = ttnn.multiply(y, correction)
    return y


def sqrt(x: Tensor) -> Tensor:
    """√x for x ≥ 0; 0 for 0."""
    return ttnn.multiply(x, rsqrt(ttnn.maximum(x, _SMALLEST)))


def log(x: Tensor) -> Tensor:
    """The logarithm of x > 0: a guess from the bits of x, then Halley's method."""
    bits = ttnn.typecast(ttnn.bitcast(x, ttnn.int32), ttnn.float32)
    y = ttnn.multiply(ttnn.add(ttnn.multiply(bits, 1 / _MANTISSA), -float(_BIAS)), math.log(2))
    for _ in range(3):
        power = ttnn.exp(y)
        # y + 2 · (x − eʸ) / (x + eʸ)
        step = ttnn.divide(ttnn.subtract(x, power), ttnn.add(x, power))
        y = ttnn.add(y, ttnn.multiply(step, 2.0))
    return y


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e to the power of −x)."""
    return ttnn.reciprocal(ttnn.add(ttnn.exp(ttnn.multiply(x, -1.0)), 1.0))
