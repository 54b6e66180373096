"""The gradient of each function of the tape equals its finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape import functions as f
from trainsmith_trainer.backends.tape.attention import attention, join_heads, rotate, split_heads
from trainsmith_trainer.backends.tape.tape import Tape, Value

Floats = npt.NDArray[np.float64]
Function = Callable[[Tape, Sequence[Value]], Value]
OPS = NumpyOps(np.float64)


def _angles(length: int, size: int) -> tuple[Floats, Floats]:
    half = np.arange(length)[:, None] * np.array([1.0, 0.1])[: size // 2]
    whole = np.concatenate((half, half), axis=1)[None, None]
    return np.cos(whole), np.sin(whole)


def _add_parts(tape: Tape, x: Value) -> Value:
    first, second, third = f.split(tape, x, 3)
    return f.add(tape, f.add(tape, first, second), f.add(tape, second, third))


_MASK = np.where(np.tril(np.ones((3, 3))), 0.0, -1e9)
_TARGETS, _COUNTED = np.array([1, 0, 3, 2]), np.array([[1.0], [1.0], [0.0], [1.0]])
_FUNCTIONS: dict[str, tuple[list[tuple[int, ...]], Function]] = {
    "add": ([(3, 2), (3, 2)], lambda t, v: f.add(t, v[0], v[1])),
    "add to itself": ([(3, 2)], lambda t, v: f.add(t, v[0], v[0])),
    "linear": ([(3, 2), (4, 2), (4,)], lambda t, v: f.linear(t, v[0], v[1], v[2])),
    "linear without bias": ([(3, 2), (4, 2)], lambda t, v: f.linear(t, v[0], v[1])),
    "embedding": ([(4, 2)], lambda t, v: f.embedding(t, v[0], np.array([2, 0, 2]))),
    "layer norm": ([(3, 5), (5,), (5,)], lambda t, v: f.layer_norm(t, v[0], v[1], v[2], 1e-5)),
    "rms norm": ([(3, 5), (5,)], lambda t, v: f.rms_norm(t, v[0], v[1], 1e-5)),
    "gelu": ([(3, 4)], lambda t, v: f.gelu(t, v[0])),
    "tanh gelu": ([(3, 4)], lambda t, v: f.gelu_tanh(t, v[0])),
    "swiglu": ([(3, 4), (3, 4)], lambda t, v: f.swiglu(t, v[0], v[1])),
    "dropout": ([(5, 4)], lambda t, v: f.dropout(t, v[0], 0.4, seed=1)),
    "reshape": ([(3, 4)], lambda t, v: f.reshape(t, v[0], (2, 6))),
    "permute": ([(2, 3, 4)], lambda t, v: f.permute(t, v[0], (2, 0, 1))),
    "split": ([(2, 6)], lambda t, v: _add_parts(t, v[0])),
    "recomputed": (
        [(3, 4)],
        lambda t, v: f.recomputed(t, v[0], f.gelu(Tape(OPS), v[0]).array, f.gelu),
    ),
    "cross entropy": ([(4, 5)], lambda t, v: f.cross_entropy(t, v[0], _TARGETS, _COUNTED)),
    "attention": (
        [(2, 4, 3, 2), (2, 2, 3, 2), (2, 2, 3, 2)],
        lambda t, v: attention(t, v[0], v[1], v[2], np.tile(_MASK, (2, 1))),
    ),
    "rotary positions": ([(2, 2, 3, 4)], lambda t, v: rotate(t, v[0], *_angles(3, 4))),
    "heads": ([(6, 4)], lambda t, v: join_heads(t, split_heads(t, v[0], 2, 2))),
}


@pytest.mark.parametrize("name", _FUNCTIONS)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.1, 1.0, 3.0]))
def test_gradient_is_the_slope(name: str, seed: int, scale: float) -> None:
    shapes, function = _FUNCTIONS[name]
    random = np.random.default_rng(seed)
    inputs = [random.normal(0, scale, shape) for shape in shapes]
    tape, values = Tape(OPS), [Value(array) for array in inputs]
    result = function(tape, values)
    towards = random.normal(size=result.array.shape)
    tape.backward(result, towards)

    def loss() -> float:
        again = function(Tape(OPS, recording=False), [Value(array) for array in inputs])
        return float((again.array * towards).sum())

    for array, value in zip(inputs, values, strict=True):
        assert value.gradient is not None
        slopes = np.zeros(array.shape)
        for at in np.ndindex(*array.shape):
            before, distance = array[at], 1e-6
            array[at] = before + distance
            above = loss()
            array[at] = before - distance
            slopes[at] = (above - loss()) / (2 * distance)
            array[at] = before
        np.testing.assert_allclose(value.gradient, slopes, rtol=1e-5, atol=1e-6 * scale + 1e-7)


def test_what_needs_no_gradient_gets_none() -> None:
    tape, fixed, trained = (
        Tape(OPS),
        Value(np.ones((2, 2)), needs_gradient=False),
        Value(np.ones((2, 2))),
    )
    tape.backward(f.add(tape, fixed, trained), np.ones((2, 2)))
    assert fixed.gradient is None
    np.testing.assert_array_equal(trained.gradient, np.ones((2, 2)))


def test_gradients_of_two_passes_add_up() -> None:
    value = Value(np.ones((2, 2)))
    for _ in range(2):
        tape = Tape(OPS)
        tape.backward(f.add(tape, value, value), np.ones((2, 2)))
    np.testing.assert_array_equal(value.gradient, np.full((2, 2), 4.0))


def test_float32_error_function_is_exact_to_float32() -> None:
    numbers = np.concatenate((np.linspace(-6, 6, 5001), [1e-30, -1e-5, np.inf, -np.inf]))
    wanted = [math.erf(number) for number in numbers]
    found = NumpyOps().erf(numbers.astype(np.float32))
    np.testing.assert_allclose(found, wanted, rtol=4e-7)


def test_rows_of_equal_index_are_summed() -> None:
    random = np.random.default_rng(0)
    indices, rows = random.integers(0, 6, 50), random.normal(size=(50, 3))
    wanted = np.zeros((8, 3))
    np.add.at(wanted, indices, rows)
    np.testing.assert_allclose(OPS.add_rows(8, indices, rows), wanted, atol=1e-12)


def test_uniform_numbers_depend_on_the_seed_alone() -> None:
    ops = NumpyOps()
    first = ops.uniform((500, 20), 7)
    np.testing.assert_array_equal(first, ops.uniform((500, 20), 7))
    assert (first != ops.uniform((500, 20), 8)).mean() > 0.9
    assert 0.09 < (first < 0.1).mean() < 0.11
