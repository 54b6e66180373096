"""What the operations of `TtnnOps` hold on a board, also while they compute.

ttnn stores arrays in tiles of 32 × 32 numbers, so a vector takes 32 times its size.
"""

from __future__ import annotations

from trainsmith_trainer.backends.tape.ops import Shape
from trainsmith_trainer.backends.tape.shapes import Array, ShapeOps, numbers_in

_TILE = 32
_FLOAT = _INDEX = 4
_BFLOAT = 2


def bytes_in_tiles(shape: Shape) -> int:
    """Bytes of a float32 array on the board; one without axes is on the host."""
    if not shape:
        return 0
    *outer, rows, columns = (1, *shape)
    return numbers_in(tuple(outer)) * _padded(rows) * _padded(columns) * _FLOAT


def _padded(size: int) -> int:
    return -(-size // _TILE) * _TILE


class TtnnShapes(ShapeOps):
    """See `tape.Ops`."""

    def __init__(self) -> None:
        super().__init__(bytes_in_tiles)

    def rounded(self, a: Array) -> Array:
        halves = self._rounded_copy(a)
        result = self.new(a.shape)
        del halves
        return result

    def rounded_at_random(self, a: Array, seed: int) -> Array:
        del seed
        parts = [self.new(a.shape) for _ in range(3)]
        result = self.new(a.shape)
        del parts
        return result

    def matmul_bf16(
        self, a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False
    ) -> Array:
        halves = self._rounded_copy(a), self._rounded_copy(b)
        result = self.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b)
        del halves
        return result

    def rows(self, table: Array, indices: Array) -> Array:
        shape = (indices.shape[0], table.shape[1])
        # The index of each number, in rows and in tiles.
        columns = self.raw(numbers_in(shape) * _INDEX), self.new(shape)
        result = self.new(shape)
        del columns
        return result

    def add_rows(self, count: int, indices: Array, rows: Array) -> Array:
        del indices
        shape = (count, rows.shape[1])
        flat = [self.raw(numbers_in(one) * _FLOAT) for one in (shape, rows.shape, rows.shape)]
        sums = self.raw(numbers_in(shape) * _FLOAT)
        result = self.new(shape)
        del flat, sums
        return result

    def _rounded_copy(self, a: Array) -> Array:
        return self.raw(bytes_in_tiles(a.shape) // (_FLOAT // _BFLOAT))
