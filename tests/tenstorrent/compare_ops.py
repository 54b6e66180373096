"""Compares each operation of `TtnnOps` with NumPy in float64, and prints a line of JSON for each.

A script and not a test, because an error in the simulator ends its process. `test_ttnn_numbers.py`
starts it. Arguments: names of cases; without any, all are compared.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_trainer.backends.numpy.ops import NumpyOps

Host = npt.NDArray[Any]
Case = Callable[[Any, "Inputs"], Any]

EXACT, ROUNDED, PRODUCT = 0.0, 3e-7, 2e-3
"""Limits of errors: no difference; a few roundings of float32; 9 bits of each factor."""


class Inputs:
    """The same numbers for each tensor library."""

    def __init__(self, ops: Any) -> None:
        self._ops, self._random = ops, np.random.default_rng(5)

    def any(self, *shape: int) -> Any:
        return self._ops.from_numpy(self._random.standard_normal(shape).astype(np.float32))

    def positive(self, *shape: int) -> Any:
        powers = self._random.uniform(-12, 12, shape)
        return self._ops.from_numpy((10.0**powers).astype(np.float32))

    def indices(self, count: int, below: int) -> Any:
        return self._ops.integers(self._random.integers(0, below, count))


def _in_place(name: str, *factors: float, arrays: int = 1) -> Case:
    def case(ops: Any, x: Inputs) -> Any:
        target = x.any(20, 45)
        others = [x.any(20, 45) for _ in range(arrays)]
        if name == "addcdiv_":
            others[1] = ops.add(ops.mul(others[1], others[1]), 0.1)
        getattr(ops, name)(target, *others, *factors)
        return target

    return case


CASES: dict[str, tuple[float, Case]] = {
    "from_numpy": (EXACT, lambda ops, x: x.any(20, 45)),
    "add": (ROUNDED, lambda ops, x: ops.add(x.any(20, 45), x.any(20, 45))),
    "add, a vector": (ROUNDED, lambda ops, x: ops.add(x.any(20, 45), x.any(45))),
    "add, a mask": (ROUNDED, lambda ops, x: ops.add(x.any(2, 3, 40, 20), x.any(1, 1, 40, 20))),
    "add, a number": (ROUNDED, lambda ops, x: ops.add(x.any(20, 45), 0.3)),
    "sub": (ROUNDED, lambda ops, x: ops.sub(x.any(20, 45), x.any(20, 1))),
    "sub, a number": (ROUNDED, lambda ops, x: ops.sub(x.any(20, 45), 0.3)),
    "mul": (ROUNDED, lambda ops, x: ops.mul(x.any(20, 45), x.any(20, 1))),
    "mul, a number": (ROUNDED, lambda ops, x: ops.mul(x.any(20, 45), 0.3)),
    "mul, one number": (ROUNDED, lambda ops, x: ops.mul(x.any(20, 1), x.any(1, 1))),
    "div": (ROUNDED, lambda ops, x: ops.div(x.any(20, 45), x.positive(20, 1))),
    "maximum": (EXACT, lambda ops, x: ops.maximum(x.any(20, 45), x.any(20, 45))),
    "at_least": (EXACT, lambda ops, x: ops.at_least(x.any(20, 45), 0.25)),
    "exp": (ROUNDED, lambda ops, x: ops.exp(x.any(20, 45))),
    "exp, masked": (EXACT, lambda ops, x: ops.exp(ops.mul(ops.at_least(x.any(20, 45), 0), -1e9))),
    "log": (ROUNDED, lambda ops, x: ops.log(x.positive(20, 45))),
    "sqrt": (ROUNDED, lambda ops, x: ops.sqrt(x.positive(20, 45))),
    "rsqrt": (ROUNDED, lambda ops, x: ops.rsqrt(x.positive(20, 45))),
    "tanh": (ROUNDED, lambda ops, x: ops.tanh(x.any(20, 45))),
    "erf": (1e-6, lambda ops, x: ops.erf(x.any(20, 45))),
    "sigmoid": (ROUNDED, lambda ops, x: ops.sigmoid(x.any(20, 45))),
    "sum of rows": (ROUNDED, lambda ops, x: ops.sum(x.any(20, 45), 1)),
    "sum of columns": (ROUNDED, lambda ops, x: ops.sum(x.any(20, 45), 0)),
    "sum of scores": (ROUNDED, lambda ops, x: ops.sum(x.any(2, 3, 20, 65), 3)),
    "max of rows": (EXACT, lambda ops, x: ops.max(x.any(20, 65), 1)),
    "max of scores": (EXACT, lambda ops, x: ops.max(x.any(2, 3, 20, 65), 3)),
    "matmul": (PRODUCT, lambda ops, x: ops.matmul(x.any(20, 45), x.any(45, 65))),
    "matmul, transpose_a": (
        PRODUCT,
        lambda ops, x: ops.matmul(x.any(20, 45), x.any(20, 65), transpose_a=True),
    ),
    "matmul, transpose_b": (
        PRODUCT,
        lambda ops, x: ops.matmul(x.any(20, 45), x.any(65, 45), transpose_b=True),
    ),
    "matmul, heads": (
        PRODUCT,
        lambda ops, x: ops.matmul(x.any(2, 3, 40, 16), x.any(2, 3, 20, 16), transpose_b=True),
    ),
    "matmul_bf16": (
        PRODUCT,
        lambda ops, x: ops.matmul_bf16(x.any(20, 45), x.any(65, 45), transpose_b=True),
    ),
    "rounded": (EXACT, lambda ops, x: ops.rounded(x.any(20, 45))),
    "reshape": (EXACT, lambda ops, x: ops.reshape(x.any(40, 48), (2, 20, 3, 16))),
    "permute": (EXACT, lambda ops, x: ops.permute(x.any(2, 20, 3, 16), (0, 2, 1, 3))),
    "part": (EXACT, lambda ops, x: ops.part(x.any(2, 3, 20, 16), 3, 8, 16)),
    "concat": (EXACT, lambda ops, x: ops.concat([x.any(20, 45), x.any(20, 20)], 1)),
    "rows": (EXACT, lambda ops, x: ops.rows(x.any(65, 45), x.indices(40, 65))),
    "add_rows": (ROUNDED, lambda ops, x: ops.add_rows(65, x.indices(40, 65), x.any(40, 45))),
    "add_rows, one row": (5e-6, lambda ops, x: ops.add_rows(3, x.indices(512, 1), x.any(512, 45))),
    "one_hot": (EXACT, lambda ops, x: ops.one_hot(x.indices(40, 1000), 1000)),
    "copy_": (EXACT, _in_place("copy_")),
    "add_": (ROUNDED, _in_place("add_")),
    "mul_": (ROUNDED, _in_place("mul_", 0.3, arrays=0)),
    "lerp_": (ROUNDED, _in_place("lerp_", 0.1)),
    "addcmul_": (ROUNDED, _in_place("addcmul_", 0.1, arrays=2)),
    "addcdiv_": (ROUNDED, _in_place("addcdiv_", 0.1, arrays=2)),
}


_EACH = ("div", "sqrt", "rsqrt")
"""Cases whose numbers differ by many orders of magnitude: each has to be accurate."""


def _error(name: str, found: Host, wanted: Host) -> float:
    """The norm of the difference, divided by the result's; for `_EACH`, the worst number's."""
    if found.shape != wanted.shape:
        raise SystemExit(f"the shape is {found.shape}, not {wanted.shape}")
    if name in _EACH:
        return float(np.max(np.abs(found / wanted - 1)))
    return float(np.linalg.norm(found - wanted) / (np.linalg.norm(wanted) or 1))


def _random_numbers(ops: Any) -> dict[str, Any]:
    first, again, other = (
        np.array(ops.to_numpy(ops.uniform((200, 300), seed))) for seed in (7, 7, 8)
    )
    return {
        "case": "uniform",
        "repeats": bool((first == again).all()),
        "differs": bool((first != other).any()),
        "mean": float(first.mean()),
        "below 0.1": float((first < 0.1).mean()),
        "inside": bool(((first >= 0) & (first < 1)).all()),
    }


def main(names: list[str]) -> None:
    """Compare the cases with these names."""
    import ttnn  # pyright: ignore[reportMissingImports]

    from trainsmith_trainer.backends.ttnn.ops import TtnnOps

    device = ttnn.open_device(device_id=0)
    ops, reference = TtnnOps(device, native=False), NumpyOps(np.float64)
    for name in names or [*CASES, "uniform"]:
        began = time.perf_counter()
        if name == "uniform":
            print(json.dumps(_random_numbers(ops)), flush=True)
            continue
        limit, case = CASES[name]
        found = ops.to_numpy(case(ops, Inputs(ops)))
        wanted = case(reference, Inputs(reference))
        line = {
            "case": name,
            "shape": list(wanted.shape),
            "error": _error(name, found, wanted),
            "limit": limit,
            "seconds": round(time.perf_counter() - began, 1),
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
