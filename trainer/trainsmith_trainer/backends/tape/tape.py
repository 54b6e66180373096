"""Reverse-mode automatic differentiation: what backpropagation is, in one small class.

In the forward pass, each function computes an array and records how a gradient goes back through
it. In the backward pass, the tape reads these records in reverse order: when it reaches a record,
every later use of its result has been visited, so the gradient of the result is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trainsmith_trainer.backends.tape.ops import Array, Ops
from trainsmith_trainer.backends.tape.products import MatMul

Backward = Callable[[Array], Sequence[Array]]
"""Takes the gradient of a result; returns those of the inputs, in their order and shapes."""
BackwardOfParts = Callable[[Sequence[Array]], Sequence[Array]]
"""The same for a function with several results."""


class Value:
    """An array that takes part in a computation, and the gradient of the loss with respect to it.

    A parameter keeps its gradient after the backward pass, and the next one adds to it.
    """

    __slots__ = ("array", "gradient", "needs_gradient")

    def __init__(self, array: Array, *, needs_gradient: bool = True) -> None:
        self.array = array
        self.gradient: Array | None = None
        self.needs_gradient = needs_gradient


@dataclass(frozen=True)
class _Record:
    """One function of the forward pass."""

    results: Sequence[Value]
    inputs: Sequence[Value]
    backward: BackwardOfParts


class Tape:
    """Records one forward pass, and computes gradients from its end to its beginning."""

    def __init__(self, ops: Ops, *, recording: bool = True, matmul: MatMul | None = None) -> None:
        """Start an empty tape.

        Args:
            ops: the tensor library.
            recording: whether there will be a backward pass. Without it, no array outlives its use.
            matmul: the product of matrices: `ops.matmul`, or another one with lower precision.
        """
        self.ops = ops
        self.matmul = matmul or ops.matmul
        self._recording = recording
        self._records: list[_Record] = []

    def another(self, *, recording: bool = True) -> Tape:
        """An empty tape for the same library and product of matrices."""
        return Tape(self.ops, recording=recording, matmul=self.matmul)

    def record(self, array: Array, inputs: Sequence[Value], backward: Backward) -> Value:
        """Note how a result was computed.

        Args:
            array: the result.
            inputs: what it was computed from.
            backward: turns the gradient of the result into those of the inputs.
        """
        return self.record_parts([array], inputs, lambda gradients: backward(gradients[0]))[0]

    def record_parts(
        self, arrays: Sequence[Array], inputs: Sequence[Value], backward: BackwardOfParts
    ) -> list[Value]:
        """`record` for a function with several results, each of which the loss depends on."""
        needed = self._recording and any(value.needs_gradient for value in inputs)
        results = [Value(array, needs_gradient=needed) for array in arrays]
        if needed:
            self._records.append(_Record(results, inputs, backward))
        return results

    def backward(self, result: Value, gradient: Array) -> None:
        """Add the gradients of all values that need one, and clear the tape.

        Args:
            result: the last value: the loss.
            gradient: what the gradients begin with: a constant factor of the loss.
        """
        result.gradient = gradient
        while self._records:
            # A record that was read is dropped, and with it the arrays that only it needed.
            record = self._records.pop()
            gradients = [value.gradient for value in record.results]
            for value in record.results:
                value.gradient = None
            if any(each is None for each in gradients):
                continue  # The loss does not depend on it.
            for value, change in zip(record.inputs, record.backward(gradients), strict=True):
                if value.needs_gradient:
                    self._add(value, change)

    def _add(self, value: Value, change: Array) -> None:
        """A value that is used several times gets the sum of the gradients of all uses."""
        # Not in place: another value may have the same array as its gradient.
        before = value.gradient
        value.gradient = change if before is None else self.ops.add(before, change)
