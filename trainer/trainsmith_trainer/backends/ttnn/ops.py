"""The operations of `tape.Ops` in ttnn.

Arrays are float32 in tiles of 32 × 32 numbers on the device; ttnn adds and ignores padding.
Products of matrices keep about 9 bits of each float32 factor, whatever the settings: an error of
about 1e-3. Everything else is computed in float32.

No tensor is deallocated by hand: one may share its memory with a view.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import ttnn  # pyright: ignore[reportMissingImports]

from trainsmith_trainer.backends.tape.erf import BOUND, DENOMINATOR, NUMERATOR
from trainsmith_trainer.backends.tape.ops import Shape
from trainsmith_trainer.backends.ttnn import composed

Tensor: TypeAlias = Any
_UPPER_HALF = -(1 << 16)
"""As a signed integer of 32 bits."""
Host = npt.NDArray[Any]


class Indices:
    """Indices, on the host; each operation moves them to the device in the form that it needs."""

    def __init__(self, host: npt.NDArray[np.int64], device: Any) -> None:
        self.host, self._device = host, device

    @property
    def shape(self) -> Shape:
        """Of the indices: (n,)."""
        return self.host.shape

    def columns(self, width: int) -> Tensor:
        """(n, width) unsigned integers in rows, not in tiles: each index, `width` times."""
        wide = np.ascontiguousarray(np.broadcast_to(self.host[:, None], (len(self.host), width)))
        tensor = ttnn.Tensor(
            wide.astype(np.uint32), data_type=ttnn.uint32, layout=ttnn.ROW_MAJOR_LAYOUT
        )
        return tensor.to(self._device)


class TtnnOps:
    """See `tape.Ops`. A scalar of multiply, add, lerp, … is an argument of the compiled program."""

    def __init__(self, device: Any, *, native: bool) -> None:
        """Compute on an open device.

        Args:
            device: of `ttnn.open_device`.
            native: whether to use all of ttnn's own functions, or those of `composed`.
        """
        self._device, self._native = device, native
        wormhole = device.arch() == ttnn.Arch.WORMHOLE_B0
        # HiFi4 computes wrong sums on Wormhole together with `fp32_dest_acc_en`: tt-metal #38306.
        fidelity = ttnn.MathFidelity.HiFi3 if wormhole else ttnn.MathFidelity.HiFi4
        self._accurate = ttnn.init_device_compute_kernel_config(
            device.arch(),
            math_fidelity=fidelity,
            math_approx_mode=False,
            fp32_dest_acc_en=True,
            packer_l1_acc=True,
        )

    def from_numpy(self, host: Host) -> Tensor:
        numbers = np.array(host, np.float32, order="C")
        # ttnn has no arrays without axes. The optimizer's count of steps is one.
        if numbers.ndim == 0:
            return numbers
        tensor = ttnn.Tensor(numbers, data_type=ttnn.float32, layout=ttnn.TILE_LAYOUT)
        return tensor.to(self._device)

    def integers(self, host: npt.NDArray[np.int64]) -> Indices:
        return Indices(host, self._device)

    def to_numpy(self, array: Tensor) -> Host:
        return array if isinstance(array, np.ndarray) else array.cpu().to_numpy()

    def add(self, a: Tensor, b: Tensor | float) -> Tensor:
        return ttnn.add(a, b)

    def sub(self, a: Tensor, b: Tensor | float) -> Tensor:
        return ttnn.subtract(a, b)

    def mul(self, a: Tensor, b: Tensor | float) -> Tensor:
        return ttnn.multiply(a, b)

    def div(self, a: Tensor, b: Tensor | float) -> Tensor:
        return ttnn.divide(a, b)

    def maximum(self, a: Tensor, b: Tensor) -> Tensor:
        return ttnn.maximum(a, b)

    def at_least(self, a: Tensor, bound: float) -> Tensor:
        return ttnn.ge(a, bound)

    def exp(self, a: Tensor) -> Tensor:
        return ttnn.exp(a)

    def log(self, a: Tensor) -> Tensor:
        return ttnn.log(a) if self._native else composed.log(a)

    def sqrt(self, a: Tensor) -> Tensor:
        return ttnn.sqrt(a) if self._native else composed.sqrt(a)

    def rsqrt(self, a: Tensor) -> Tensor:
        return ttnn.rsqrt(a) if self._native else composed.rsqrt(a)

    def tanh(self, a: Tensor) -> Tensor:
        return ttnn.tanh(a)

    def erf(self, a: Tensor) -> Tensor:
        if self._native:
            return ttnn.erf(a)
        bounded = ttnn.maximum(ttnn.minimum(a, BOUND), -BOUND)
        square = ttnn.multiply(bounded, bounded)
        numerator = ttnn.multiply(bounded, _polynomial(NUMERATOR, square))
        return ttnn.divide(numerator, _polynomial(DENOMINATOR, square))

    def sigmoid(self, a: Tensor) -> Tensor:
        return ttnn.sigmoid(a) if self._native else composed.sigmoid(a)

    def uniform(self, shape: Shape, seed: int) -> Tensor:
        # For ttnn, the seed 0 means: another one at each call.
        return ttnn.rand(
            shape,
            device=self._device,
            dtype=ttnn.float32,
            layout=ttnn.TILE_LAYOUT,
            seed=seed or 1,
        )

    def sum(self, a: Tensor, axis: int) -> Tensor:
        return ttnn.sum(a, axis, keepdim=True, compute_kernel_config=self._accurate)

    def max(self, a: Tensor, axis: int) -> Tensor:
        return ttnn.max(a, axis, keepdim=True)

    def matmul(
        self, a: Tensor, b: Tensor, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Tensor:
        return ttnn.matmul(
            a,
            b,
            transpose_a=transpose_a,
            transpose_b=transpose_b,
            dtype=ttnn.float32,
            compute_kernel_config=self._accurate,
        )

    def matmul_bf16(
        self, a: Tensor, b: Tensor, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Tensor:
        left, right = (ttnn.typecast(one, ttnn.bfloat16) for one in (a, b))
        return self.matmul(left, right, transpose_a=transpose_a, transpose_b=transpose_b)

    def rounded(self, a: Tensor) -> Tensor:
        return ttnn.typecast(ttnn.typecast(a, ttnn.bfloat16), ttnn.float32)

    def rounded_at_random(self, a: Tensor, seed: int) -> Tensor:
        # A bfloat16 is the upper half of a float32. What is added reaches it as often as the lower
        # half is large.
        added = ttnn.multiply(self.uniform(tuple(a.shape), seed), float(1 << 16))
        bits = ttnn.add(ttnn.bitcast(a, ttnn.int32), ttnn.typecast(added, ttnn.int32))
        return ttnn.bitcast(ttnn.bitwise_and(bits, _UPPER_HALF), ttnn.float32)

    def reshape(self, a: Tensor, shape: Shape) -> Tensor:
        return ttnn.reshape(a, shape)

    def permute(self, a: Tensor, axes: Sequence[int]) -> Tensor:
        return ttnn.permute(a, tuple(axes))

    def part(self, a: Tensor, axis: int, start: int, stop: int) -> Tensor:
        shape = tuple(a.shape)
        starts = [start if at == axis else 0 for at in range(len(shape))]
        stops = [stop if at == axis else size for at, size in enumerate(shape)]
        return ttnn.slice(a, starts, stops)

    def concat(self, arrays: Sequence[Tensor], axis: int) -> Tensor:
        return ttnn.concat(list(arrays), axis)

    def rows(self, table: Tensor, indices: Indices) -> Tensor:
        # `ttnn.embedding` has bfloat16 tables only.
        columns = ttnn.to_layout(indices.columns(table.shape[1]), ttnn.TILE_LAYOUT)
        return ttnn.gather(table, 0, columns)

    def add_rows(self, count: int, indices: Indices, rows: Tensor) -> Tensor:
        # `ttnn.embedding_bw` adds in bfloat16, where 2,048 × 0.01 is 2: tt-metal #36341.
        width = rows.shape[1]
        zeros = ttnn.zeros(
            (count, width),
            dtype=ttnn.float32,
            layout=ttnn.ROW_MAJOR_LAYOUT,
            device=self._device,
        )
        flat = ttnn.to_layout(rows, ttnn.ROW_MAJOR_LAYOUT)
        sums = ttnn.scatter_add(zeros, 0, indices.columns(width), flat)
        return ttnn.to_layout(sums, ttnn.TILE_LAYOUT)

    def one_hot(self, indices: Indices, width: int) -> Tensor:
        # Float32, which has each index up to 2 to the power of 24.
        wanted = self.from_numpy(indices.host[:, None])
        return ttnn.eq(wanted, self.from_numpy(np.arange(width)[None]))

    def copy_(self, target: Tensor, source: Tensor) -> None:
        if isinstance(target, np.ndarray):
            target[...] = source
        else:
            ttnn.copy(source, target)

    def add_(self, target: Tensor, other: Tensor) -> None:
        ttnn.add(target, other, output_tensor=target)

    def mul_(self, target: Tensor, factor: float) -> None:
        ttnn.multiply(target, factor, output_tensor=target)

    def lerp_(self, target: Tensor, other: Tensor, weight: float) -> None:
        ttnn.lerp(target, other, weight, output_tensor=target)

    def addcmul_(self, target: Tensor, a: Tensor, b: Tensor, factor: float) -> None:
        ttnn.addcmul(target, a, b, value=factor, output_tensor=target)

    def addcdiv_(self, target: Tensor, a: Tensor, b: Tensor, factor: float) -> None:
        if self._native:
            ttnn.addcdiv(target, a, b, value=factor, output_tensor=target)
        else:
            change = ttnn.multiply(ttnn.divide(a, b), factor)
            ttnn.add(target, change, output_tensor=target)


def _polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """A polynomial by Horner's rule, from the coefficient of the highest power on."""
    highest, *others = coefficients
    result = ttnn.add(ttnn.multiply(x, highest), others[0])
    for coefficient in others[1:]:
        result = ttnn.add(ttnn.multiply(result, x), coefficient)
    return result
