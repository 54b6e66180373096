"""A mock of ttnn that computes with NumPy, for tests of everything around the device.

It has what the backend calls, and faults that tests choose with the variable `MOCK_TTNN`:
`die` ends the process during a product of matrices, `slow` takes a second for each
operation after the first product, `compile` half a second for each of the first
programs, `full` has no memory for a product, and `none` finds no device.
"""

# The types of lambdas are those of NumPy.
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

import builtins
import os
import time
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

float32, uint32, int32 = np.float32, np.uint32, np.int32
bfloat16 = "bfloat16"
TILE_LAYOUT = ROW_MAJOR_LAYOUT = "layout"
MathFidelity = SimpleNamespace(HiFi4=4, HiFi3=3)
Arch = Enum("Arch", ["BLACKHOLE", "WORMHOLE_B0"])
_FAULT = os.environ.get("MOCK_TTNN", "")
_products = 0
_programs: set[Any] = set()
_PROGRAMS_THAT_TAKE_TIME = 6


def _note(what: str) -> None:
    if folder := os.environ.get("MOCK_TTNN_NOTES"):
        Path(folder, what).touch()


class Tensor:
    """An array on the mock device."""

    def __init__(self, array: Any, data_type: Any = float32, layout: str = "") -> None:
        del layout
        self.array = np.array(array, data_type)
        self.shape = self.array.shape

    def to(self, device: Any) -> Tensor:
        """Itself."""
        del device
        return self

    def cpu(self) -> Tensor:
        """Itself."""
        return self

    def to_numpy(self) -> Any:
        """A copy of its array."""
        return self.array.copy()


def _of(one: Any) -> Any:
    return one.array if isinstance(one, Tensor) else one


def _operation(function: Any) -> Any:
    def operation(*arguments: Any, output_tensor: Tensor | None = None, **options: Any) -> Tensor:
        if _FAULT == "slow" and _products:
            time.sleep(1)
        if function not in _programs:
            _programs.add(function)
            if _FAULT == "compile" and len(_programs) <= _PROGRAMS_THAT_TAKE_TIME:
                time.sleep(0.5)
        found = np.asarray(function(*map(_of, arguments), **options))
        if output_tensor is None:
            return Tensor(found, found.dtype)
        output_tensor.array[...] = found
        return output_tensor

    return operation


def _cast(array: Any, data_type: Any) -> Any:
    """Bfloat16 numbers are kept in float32."""
    if data_type != bfloat16:
        return array.astype(data_type)
    bits = array.view(np.uint32)
    nearest = bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))
    return (nearest & np.uint32(0xFFFF0000)).view(np.float32)


def _single(function: Any) -> Any:
    """In float32, whatever NumPy makes of the operands."""
    return _operation(lambda *arguments: np.asarray(function(*arguments), np.float32))


add = _operation(lambda a, b: np.asarray(np.add(a, b), a.dtype))
subtract = _single(np.subtract)
multiply = _single(np.multiply)
divide = _single(np.divide)
maximum = _single(np.maximum)
minimum = _single(np.minimum)
ge = _single(np.greater_equal)
eq = _single(np.equal)
exp = _single(np.exp)
tanh = _single(np.tanh)
reciprocal = _single(np.reciprocal)
rsub = _operation(lambda a, b: (b - a).astype(a.dtype))
bitcast = _operation(lambda a, data_type: a.view(data_type))
typecast = _operation(_cast)
bitwise_and = _operation(lambda a, mask: a & np.int32(mask))
bitwise_right_shift = _operation(lambda a, count: a >> count)
lerp = _operation(lambda a, b, weight: a + np.float32(weight) * (b - a))
addcmul = _operation(lambda a, b, c, value: a + np.float32(value) * b * c)
to_layout = _operation(lambda a, layout: a)
reshape = _operation(lambda a, shape: a.reshape(shape))
permute = _operation(lambda a, axes: a.transpose(axes))
gather = _operation(lambda a, axis, index: np.take_along_axis(a, index.astype(np.int64), axis))
sum = _operation(  # noqa: A001
    lambda a, axis, keepdim, compute_kernel_config: a.sum(axis, keepdims=keepdim)
)
max = _operation(lambda a, axis, keepdim: a.max(axis, keepdims=keepdim))  # noqa: A001
slice = _operation(lambda a, starts, stops: a[tuple(map(builtins.slice, starts, stops))])  # noqa: A001


def concat(tensors: list[Tensor], axis: int) -> Tensor:
    """Arrays one after another."""
    return Tensor(np.concatenate([one.array for one in tensors], axis))


def scatter_add(target: Tensor, axis: int, index: Tensor, source: Tensor) -> Tensor:
    """Rows are added at their indices."""
    assert axis == 0
    result = target.array.copy()
    np.add.at(result, index.array[:, 0].astype(np.int64), source.array)
    return Tensor(result)


def matmul(
    a: Tensor, b: Tensor, *, transpose_a: bool, transpose_b: bool, **_options: Any
) -> Tensor:
    """The product of matrices."""
    global _products
    _products += 1
    _note("product")
    if _FAULT == "die" and _products == 40:
        print("[12] ERROR: UnsupportedFunctionality: a mock error", flush=True)
        print("[40] 0.2 seconds (0.0 KHz)", flush=True)
        os._exit(1)
    if _FAULT == "full":
        raise RuntimeError("TT_FATAL: Out of Memory: Not enough space to allocate 1 B")
    left = a.array.swapaxes(-1, -2) if transpose_a else a.array
    return Tensor(left @ (b.array.swapaxes(-1, -2) if transpose_b else b.array))


def copy(source: Tensor, target: Tensor) -> None:
    """`target ← source`."""
    target.array[...] = source.array


def zeros(shape: tuple[int, ...], **_options: Any) -> Tensor:
    """Zeros."""
    return Tensor(np.zeros(shape))


def rand(shape: tuple[int, ...], *, seed: int, **_options: Any) -> Tensor:
    """Random numbers."""
    return Tensor(np.random.default_rng(seed).random(shape, np.float32))


def init_device_compute_kernel_config(*_arguments: Any, **options: Any) -> Any:
    """The options."""
    return options


def open_device(device_id: int) -> Any:
    """The mock device."""
    return SimpleNamespace(
        id=device_id,
        arch=lambda: Arch.BLACKHOLE,
        num_program_cache_entries=lambda: len(_programs),
    )


def close_device(device: Any) -> None:
    """Note it, in the folder that a test names."""
    del device
    _note("closed")


def GetNumAvailableDevices() -> int:  # noqa: N802
    """One."""
    if _FAULT == "none":
        raise RuntimeError("TT_FATAL @ mock: num_chips > 0\ninfo:\nNo chips detected")
    return 1
