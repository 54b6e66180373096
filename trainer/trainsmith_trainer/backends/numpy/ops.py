"""The operations of `tape.Ops` in NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.backends.tape.erf import BOUND, DENOMINATOR, NUMERATOR
from trainsmith_trainer.backends.tape.ops import Shape

Array = npt.NDArray[Any]


class NumpyOps:
    """See `tape.Ops`."""

    def __init__(self, dtype: npt.DTypeLike = np.float32) -> None:
        """Compute in float32, or in float64, in which the tests compare gradients."""
        self.dtype = np.dtype(dtype)

    def from_numpy(self, host: Array) -> Array:
        return np.array(host, self.dtype)

    def integers(self, host: npt.NDArray[np.int64]) -> Array:
        return host

    def to_numpy(self, array: Array) -> Array:
        return array

    def add(self, a: Array, b: Array | float) -> Array:
        return a + b

    def sub(self, a: Array, b: Array | float) -> Array:
        return a - b

    def mul(self, a: Array, b: Array | float) -> Array:
        return a * b

    def div(self, a: Array, b: Array | float) -> Array:
        return a / b

    def maximum(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    def at_least(self, a: Array, bound: float) -> Array:
        return (a >= bound).astype(self.dtype)

    def exp(self, a: Array) -> Array:
        return np.exp(a)

    def log(self, a: Array) -> Array:
        return np.log(a)

    def sqrt(self, a: Array) -> Array:
        return np.sqrt(a)

    def rsqrt(self, a: Array) -> Array:
        return 1 / np.sqrt(a)

    def tanh(self, a: Array) -> Array:
        return np.tanh(a)

    def erf(self, a: Array) -> Array:
        return _erf32(a) if self.dtype == np.float32 else _erf64(a)

    def sigmoid(self, a: Array) -> Array:
        return 1 / (1 + np.exp(-a))

    def uniform(self, shape: Shape, seed: int) -> Array:
        # Float32 in both formats, so that the same numbers are dropped.
        return np.random.default_rng(seed).random(shape, np.float32).astype(self.dtype, copy=False)

    def sum(self, a: Array, axis: int) -> Array:
        return a.sum(axis, keepdims=True)

    def max(self, a: Array, axis: int) -> Array:
        return a.max(axis, keepdims=True)

    def matmul(
        self, a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        left = a.swapaxes(-1, -2) if transpose_a else a
        return left @ (b.swapaxes(-1, -2) if transpose_b else b)

    def matmul_bf16(
        self, a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        a, b = self.rounded(a), self.rounded(b)
        return self.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)

    def rounded(self, a: Array) -> Array:
        # A bfloat16 is the upper half of a float32. Half a unit is added before the cut, or a bit
        # less, so that a number in the middle goes to its even neighbour.
        bits = a.astype(np.float32, copy=False).view(np.uint32)
        halves = bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))
        return (halves & np.uint32(0xFFFF0000)).view(np.float32).astype(self.dtype, copy=False)

    def rounded_at_random(self, a: Array, seed: int) -> Array:
        # What is added reaches the upper half as often as the lower half is large.
        added = np.random.default_rng(seed).integers(0, 1 << 16, a.shape, np.uint32)
        bits = a.astype(np.float32, copy=False).view(np.uint32) + added
        return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(self.dtype, copy=False)

    def reshape(self, a: Array, shape: Shape) -> Array:
        return a.reshape(shape)

    def permute(self, a: Array, axes: Sequence[int]) -> Array:
        # Contiguous, because the products of matrices that follow are faster then.
        return np.ascontiguousarray(a.transpose(axes))

    def part(self, a: Array, axis: int, start: int, stop: int) -> Array:
        return a[(slice(None),) * axis + (slice(start, stop),)]

    def concat(self, arrays: Sequence[Array], axis: int) -> Array:
        return np.concatenate(arrays, axis)

    def rows(self, table: Array, indices: Array) -> Array:
        return table[indices]

    def add_rows(self, count: int, indices: Array, rows: Array) -> Array:
        # Sorted by index, equal ones are neighbours: much faster than `np.add.at`.
        order = indices.argsort(kind="stable")
        used, starts = np.unique(indices[order], return_index=True)
        sums = np.zeros((count, rows.shape[1]), rows.dtype)
        sums[used] = np.add.reduceat(rows[order], starts, axis=0)
        return sums

    def one_hot(self, indices: Array, width: int) -> Array:
        return (indices[:, None] == np.arange(width)).astype(self.dtype)

    def copy_(self, target: Array, source: Array) -> None:
        target[...] = source

    def add_(self, target: Array, other: Array) -> None:
        target += other

    def mul_(self, target: Array, factor: float) -> None:
        target *= factor

    def lerp_(self, target: Array, other: Array, weight: float) -> None:
        target += weight * (other - target)

    def addcmul_(self, target: Array, a: Array, b: Array, factor: float) -> None:
        target += factor * a * b

    def addcdiv_(self, target: Array, a: Array, b: Array, factor: float) -> None:
        target += factor * a / b


def _erf32(a: Array) -> Array:
    """The error function in float32; NumPy has none."""
    bounded = np.clip(a, -BOUND, BOUND)
    square = bounded * bounded
    return bounded * _polynomial(NUMERATOR, square) / _polynomial(DENOMINATOR, square)


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """A polynomial by Horner's rule, from the coefficient of the highest power on."""
    result = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result *= x
        result += coefficient
    return result


_erf64 = np.vectorize(math.erf, otypes=[np.float64])
"""Exact and slow: one call of Python for each number."""
