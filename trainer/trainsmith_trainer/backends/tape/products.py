"""Products of matrices in lower precision than that of all other operations."""

from __future__ import annotations

from typing import Protocol

from trainsmith_trainer.backends.tape.ops import Array, Ops


class MatMul(Protocol):
    """A product of matrices; see `Ops.matmul`."""

    def __call__(
        self, a: Array, b: Array, /, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        """Multiply."""
        ...


def three_products(ops: Ops) -> MatMul:
    """Nearly float32, for libraries whose float32 product keeps few digits.

    Each number is the sum of two bfloat16 numbers, a large and a small one. The product of the
    small ones is left out: it is below what float32 keeps.
    """

    def matmul(
        a: Array, b: Array, /, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        def product(left: Array, right: Array) -> Array:
            return ops.matmul_bf16(left, right, transpose_a=transpose_a, transpose_b=transpose_b)

        small_a, small_b = ops.sub(a, ops.rounded(a)), ops.sub(b, ops.rounded(b))
        return ops.add(product(a, b), ops.add(product(a, small_b), product(small_a, b)))

    return matmul
