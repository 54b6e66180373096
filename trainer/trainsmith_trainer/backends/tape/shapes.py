"""The operations of `tape.Ops` on shapes alone: what a step holds in memory, without its numbers.

A whole step on these takes a moment, whatever the size of the model. An array holds its memory
until Python forgets it, as in the libraries, so the peak is that of the real step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.backends.tape.ops import Shape

Host = npt.NDArray[Any]
_LARGE = 1e18
"""What every number is for the host: a norm that is clipped, which takes memory too."""


class Memory:
    """How much is held, and the most that was held at any time; bytes."""

    def __init__(self) -> None:
        self.held = self.peak = 0

    def take(self, count: int) -> None:
        """Hold more."""
        self.held += count
        self.peak = max(self.peak, self.held)


class Shaped:
    """An array that has a shape and takes memory, and no numbers."""

    def __init__(
        self, shape: Shape, memory: Memory, count: int, base: Shaped | None = None
    ) -> None:
        """Take memory.

        Args:
            shape: of the array.
            memory: of the device.
            count: how many bytes it takes.
            base: the array whose memory it shares.
        """
        self.shape, self._memory, self._count, self._base = shape, memory, count, base
        memory.take(count)

    def __del__(self) -> None:
        self._memory.held -= self._count


Array: TypeAlias = Shaped


class ShapeOps:
    """See `tape.Ops`. A class for a library adds what its operations hold while they compute."""

    def __init__(self, bytes_of: Callable[[Shape], int]) -> None:
        """Compute shapes.

        Args:
            bytes_of: how many bytes an array of a shape takes on the device.
        """
        self.memory, self._bytes_of = Memory(), bytes_of

    def new(self, shape: Sequence[int]) -> Array:
        """An array of a shape."""
        shape = tuple(map(int, shape))
        return Shaped(shape, self.memory, self._bytes_of(shape))

    def raw(self, count: int) -> Array:
        """Memory without a shape, of some bytes."""
        return Shaped((), self.memory, count)

    def from_numpy(self, host: Host) -> Array:
        return self.new(host.shape)

    def integers(self, host: npt.NDArray[np.int64]) -> Array:
        return Shaped(host.shape, self.memory, 0)

    def to_numpy(self, array: Array) -> Host:
        return np.broadcast_to(np.float64(_LARGE), array.shape)

    def _of_two(self, a: Array, b: Array | float) -> Array:
        other = b.shape if isinstance(b, Shaped) else ()
        return self.new(np.broadcast_shapes(a.shape, other))

    add = sub = mul = div = maximum = at_least = _of_two

    def _of_one(self, a: Array) -> Array:
        return self.new(a.shape)

    exp = log = sqrt = rsqrt = tanh = erf = sigmoid = rounded = _of_one

    def rounded_at_random(self, a: Array, seed: int) -> Array:
        added = self.uniform(a.shape, seed)
        result = self.new(a.shape)
        del added
        return result

    def uniform(self, shape: Shape, seed: int) -> Array:
        del seed
        return self.new(shape)

    def sum(self, a: Array, axis: int) -> Array:
        axis %= len(a.shape)
        return self.new([1 if at == axis else size for at, size in enumerate(a.shape)])

    def max(self, a: Array, axis: int) -> Array:
        return self.sum(a, axis)

    def matmul(
        self, a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        rows, columns = a.shape[-1 if transpose_a else -2], b.shape[-2 if transpose_b else -1]
        return self.new((*a.shape[:-2], rows, columns))

    matmul_bf16 = matmul

    def reshape(self, a: Array, shape: Shape) -> Array:
        if shape[-1:] == a.shape[-1:]:
            return Shaped(shape, self.memory, 0, a)
        return self.new(shape)

    def permute(self, a: Array, axes: Sequence[int]) -> Array:
        return self.new([a.shape[axis] for axis in axes])

    def part(self, a: Array, axis: int, start: int, stop: int) -> Array:
        axis %= len(a.shape)
        return self.new([stop - start if at == axis else size for at, size in enumerate(a.shape)])

    def concat(self, arrays: Sequence[Array], axis: int) -> Array:
        shape = list(arrays[0].shape)
        shape[axis] = sum(array.shape[axis] for array in arrays)
        return self.new(shape)

    def rows(self, table: Array, indices: Array) -> Array:
        return self.new((indices.shape[0], table.shape[1]))

    def add_rows(self, count: int, indices: Array, rows: Array) -> Array:
        del indices
        return self.new((count, rows.shape[1]))

    def one_hot(self, indices: Array, width: int) -> Array:
        return self.new((indices.shape[0], width))

    def _in_place(self, target: Array, *others: Array | float) -> None:
        """Nothing: the memory of the target is there."""

    copy_ = add_ = mul_ = lerp_ = addcmul_ = addcdiv_ = _in_place


def numbers_in(shape: Shape) -> int:
    """How many numbers an array of a shape has."""
    return math.prod(shape)
