"""The operations of a tensor library that training needs.

Their number is small so that a library can be added by writing this one class. The rules:

- Arrays have the library's own type and are on its device, and have a `shape`, whose elements are
  integers. Only `from_numpy`, `integers` and `to_numpy` cross to the host, and only with NumPy
  arrays.
- All floating-point arrays have the same number format, float32 unless the class says otherwise.
- Operations return new arrays. A name that ends in `_` changes its first argument in place.
- Two operands broadcast as in NumPy. Where an operand may be a number, it may differ at each call:
  a library that compiles must not compile again for it.
- Reductions keep the axis, with length 1.

There are no softmax, normalisation or attention here: `functions.py` composes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = Any
"""An array of the library, on its device."""
Shape = tuple[int, ...]
Host = npt.NDArray[Any]


class Ops(Protocol):
    """A tensor library. Shapes in the docstrings are those of the result."""

    # Between the host and the device.

    def from_numpy(self, host: Host, /) -> Array:
        """Numbers from the host, in the format of all floating-point arrays; a copy."""
        ...

    def integers(self, host: npt.NDArray[np.int64], /) -> Array:
        """Indices from the host, at least 0; only `rows`, `add_rows` and `one_hot` read them."""
        ...

    def to_numpy(self, array: Array, /) -> Host:
        """The numbers of an array, bit for bit; valid until the array changes."""
        ...

    # Element by element.

    def add(self, a: Array, b: Array | float, /) -> Array:
        """`a + b`."""
        ...

    def sub(self, a: Array, b: Array | float, /) -> Array:
        """`a − b`."""
        ...

    def mul(self, a: Array, b: Array | float, /) -> Array:
        """`a · b`."""
        ...

    def div(self, a: Array, b: Array | float, /) -> Array:
        """`a / b`."""
        ...

    def maximum(self, a: Array, b: Array, /) -> Array:
        """The larger of a and b."""
        ...

    def at_least(self, a: Array, bound: float, /) -> Array:
        """1 where a ≥ bound, else 0."""
        ...

    def exp(self, a: Array, /) -> Array:
        """The exponential function."""
        ...

    def log(self, a: Array, /) -> Array:
        """The natural logarithm of a > 0."""
        ...

    def sqrt(self, a: Array, /) -> Array:
        """The square root of a ≥ 0."""
        ...

    def rsqrt(self, a: Array, /) -> Array:
        """1 / √a, for a > 0."""
        ...

    def tanh(self, a: Array, /) -> Array:
        """The hyperbolic tangent."""
        ...

    def erf(self, a: Array, /) -> Array:
        """The error function."""
        ...

    def sigmoid(self, a: Array, /) -> Array:
        """1 / (1 + e to the power of −a)."""
        ...

    def uniform(self, shape: Shape, seed: int, /) -> Array:
        """Random numbers in [0, 1); the same for the same seed, below 2 to the power of 32."""
        ...

    # Over an axis, or two.

    def sum(self, a: Array, axis: int, /) -> Array:
        """The sum over an axis, which keeps length 1."""
        ...

    def max(self, a: Array, axis: int, /) -> Array:
        """The largest number along an axis, which keeps length 1."""
        ...

    def matmul(
        self, a: Array, b: Array, /, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        """The product of matrices in the last two axes: (…, n, k) and (…, k, m) → (…, n, m).

        The axes before them are equal. `transpose_a` means that `a` is (…, k, n), and `transpose_b`
        that `b` is (…, m, k).
        """
        ...

    def matmul_bf16(
        self, a: Array, b: Array, /, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        """`matmul` of numbers that are rounded to bfloat16; sums and result are float32."""
        ...

    def rounded(self, a: Array, /) -> Array:
        """Each number rounded to the nearest bfloat16, in the format of all arrays."""
        ...

    def rounded_at_random(self, a: Array, seed: int, /) -> Array:
        """Each number rounded to the bfloat16 below or above it, in the format of all arrays.

        The nearer one is likelier, so that the mean is exact. It is the same for the same seed,
        which is below 2 to the power of 32.
        """
        ...

    # Moving numbers; none is computed.

    def reshape(self, a: Array, shape: Shape, /) -> Array:
        """The same numbers in another shape; the result may share the memory of `a`."""
        ...

    def permute(self, a: Array, axes: Sequence[int], /) -> Array:
        """The axes in another order; the result may share the memory of `a`."""
        ...

    def part(self, a: Array, axis: int, start: int, stop: int, /) -> Array:
        """The elements `start` to `stop` of an axis; the result may share the memory of `a`."""
        ...

    def concat(self, arrays: Sequence[Array], axis: int, /) -> Array:
        """Arrays one after another along an axis."""
        ...

    def rows(self, table: Array, indices: Array, /) -> Array:
        """Rows of a table, (rows, width): (n,) indices → (n, width)."""
        ...

    def add_rows(self, count: int, indices: Array, rows: Array, /) -> Array:
        """The gradient of `rows`: (count, width), in which row i is the sum of the rows of index i.

        Args:
            count: rows of the result.
            indices: (n,)
            rows: (n, width)
        """
        ...

    def one_hot(self, indices: Array, width: int, /) -> Array:
        """(n,) indices → (n, width): 1 at each index, else 0."""
        ...

    # In place: these update weights and the optimizer's state.

    def copy_(self, target: Array, source: Array, /) -> None:
        """`target ← source`."""
        ...

    def add_(self, target: Array, other: Array, /) -> None:
        """`target ← target + other`."""
        ...

    def mul_(self, target: Array, factor: float, /) -> None:
        """`target ← target · factor`."""
        ...

    def lerp_(self, target: Array, other: Array, weight: float, /) -> None:
        """`target ← target + weight · (other − target)`."""
        ...

    def addcmul_(self, target: Array, a: Array, b: Array, factor: float, /) -> None:
        """`target ← target + factor · a · b`."""
        ...

    def addcdiv_(self, target: Array, a: Array, b: Array, factor: float, /) -> None:
        """`target ← target + factor · a / b`."""
        ...
