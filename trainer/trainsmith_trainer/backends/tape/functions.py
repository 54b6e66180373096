"""Functions with their gradients: the layers that models are built from.

Each function computes its result and records `backward`, the chain rule for this function: it takes
the gradient of the loss with respect to the result and returns those with respect to the inputs.
Vectors of tokens are matrices: (tokens, width).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from trainsmith_trainer.backends.tape.ops import Array, Shape
from trainsmith_trainer.backends.tape.tape import Tape, Value


def add(tape: Tape, a: Value, b: Value) -> Value:
    """`a + b`, of equal shapes. The gradient of a sum goes to both of its terms unchanged."""
    return tape.record(tape.ops.add(a.array, b.array), (a, b), lambda g: (g, g))


def linear(tape: Tape, x: Value, weight: Value, bias: Value | None = None) -> Value:
    """A linear layer: x · weightᵀ + bias.

    Args:
        tape: the tape.
        x: (tokens, in)
        weight: (out, in)
        bias: (out,)

    Returns:
        (tokens, out)
    """
    ops = tape.ops
    product = tape.matmul(x.array, weight.array, transpose_b=True)

    def backward(g: Array) -> list[Array]:
        gradients = [tape.matmul(g, weight.array), tape.matmul(g, x.array, transpose_a=True)]
        return [*gradients, _sum_of_rows(tape, g)] if bias else gradients

    if bias is None:
        return tape.record(product, (x, weight), backward)
    return tape.record(ops.add(product, bias.array), (x, weight, bias), backward)


def embedding(tape: Tape, table: Value, indices: Array) -> Value:
    """Rows of a table, (count, width): (tokens,) indices → (tokens, width).

    The gradient of a row is the sum of the gradients of all places where it was used.
    """
    ops, count = tape.ops, table.array.shape[0]
    found = ops.rows(table.array, indices)
    return tape.record(found, (table,), lambda g: (ops.add_rows(count, indices, g),))


def layer_norm(tape: Tape, x: Value, weight: Value, bias: Value | None, epsilon: float) -> Value:
    """Layer normalisation: each row gets mean 0 and variance 1 (Ba et al. 2016).

    Args:
        tape: the tape.
        x: (tokens, width)
        weight: (width,), which scales the normalised rows.
        bias: (width,), which is added.
        epsilon: is added to the variance.
    """
    ops, width = tape.ops, x.array.shape[1]

    def mean(rows: Array) -> Array:
        return ops.mul(ops.sum(rows, 1), 1 / width)

    centred = ops.sub(x.array, mean(x.array))
    inverse = ops.rsqrt(ops.add(mean(ops.mul(centred, centred)), epsilon))
    normed = ops.mul(centred, inverse)
    scaled = ops.mul(normed, weight.array)

    def backward(g: Array) -> list[Array]:
        # The mean and the variance depend on x too: what would only change them has no effect.
        inner = ops.mul(g, weight.array)
        along = ops.mul(normed, mean(ops.mul(inner, normed)))
        of_x = ops.mul(ops.sub(ops.sub(inner, mean(inner)), along), inverse)
        gradients = [of_x, _sum_of_rows(tape, ops.mul(g, normed))]
        return [*gradients, _sum_of_rows(tape, g)] if bias else gradients

    if bias is None:
        return tape.record(scaled, (x, weight), backward)
    return tape.record(ops.add(scaled, bias.array), (x, weight, bias), backward)


def rms_norm(tape: Tape, x: Value, weight: Value, epsilon: float) -> Value:
    """Divide each row by its root mean square (Zhang and Sennrich 2019).

    Args:
        tape: the tape.
        x: (rows, width)
        weight: (width,), which scales the normalised rows.
        epsilon: is added to the mean square.
    """
    ops, width = tape.ops, x.array.shape[1]

    def mean(rows: Array) -> Array:
        return ops.mul(ops.sum(rows, 1), 1 / width)

    inverse = ops.rsqrt(ops.add(mean(ops.mul(x.array, x.array)), epsilon))
    normed = ops.mul(x.array, inverse)

    def backward(g: Array) -> list[Array]:
        inner = ops.mul(g, weight.array)
        along = ops.mul(normed, mean(ops.mul(inner, normed)))
        of_x = ops.mul(ops.sub(inner, along), inverse)
        return [of_x, _sum_of_rows(tape, ops.mul(g, normed))]

    return tape.record(ops.mul(normed, weight.array), (x, weight), backward)


def gelu(tape: Tape, x: Value) -> Value:
    """`x · Φ(x)`, where Φ is the normal distribution function (Hendrycks and Gimpel 2016)."""
    ops = tape.ops
    share = ops.mul(ops.add(ops.erf(ops.mul(x.array, 1 / math.sqrt(2))), 1.0), 0.5)

    def backward(g: Array) -> tuple[Array]:
        density = ops.exp(ops.mul(ops.mul(x.array, x.array), -0.5))
        slope = ops.mul(ops.mul(x.array, density), 1 / math.sqrt(2 * math.pi))
        return (ops.mul(g, ops.add(share, slope)),)

    return tape.record(ops.mul(x.array, share), (x,), backward)


def gelu_tanh(tape: Tape, x: Value) -> Value:
    """GELU, with Φ approximated by a hyperbolic tangent."""
    ops = tape.ops
    first, third = math.sqrt(2 / math.pi), 0.044715 * math.sqrt(2 / math.pi)
    square = ops.mul(x.array, x.array)
    bent = ops.tanh(ops.mul(x.array, ops.add(ops.mul(square, third), first)))
    share = ops.mul(ops.add(bent, 1.0), 0.5)

    def backward(g: Array) -> tuple[Array]:
        inner = ops.add(ops.mul(square, 3 * third), first)
        steepness = ops.mul(ops.sub(ops.mul(bent, bent), 1.0), -0.5)
        slope = ops.mul(ops.mul(x.array, steepness), inner)
        return (ops.mul(g, ops.add(share, slope)),)

    return tape.record(ops.mul(x.array, share), (x,), backward)


def swiglu(tape: Tape, gate: Value, up: Value) -> Value:
    """`gate · σ(gate) · up` (Shazeer 2020, "GLU Variants Improve Transformer")."""
    ops = tape.ops
    share = ops.sigmoid(gate.array)
    silu = ops.mul(gate.array, share)

    def backward(g: Array) -> tuple[Array, Array]:
        # The derivative of x · σ(x) is σ(x) + x · σ(x) · (1 − σ(x)).
        slope = ops.add(share, ops.sub(silu, ops.mul(silu, share)))
        return ops.mul(ops.mul(g, up.array), slope), ops.mul(g, silu)

    return tape.record(ops.mul(silu, up.array), (gate, up), backward)


def dropout(tape: Tape, x: Value, probability: float, seed: int) -> Value:
    """Set random numbers to 0 and scale up the others, so that the mean does not change."""
    ops = tape.ops
    kept = ops.at_least(ops.uniform(tuple(x.array.shape), seed), probability)
    scaled = ops.mul(kept, 1 / (1 - probability))
    return tape.record(ops.mul(x.array, scaled), (x,), lambda g: (ops.mul(g, scaled),))


def reshape(tape: Tape, x: Value, shape: Shape) -> Value:
    """The same numbers in another shape."""
    ops, before = tape.ops, tuple(x.array.shape)
    return tape.record(ops.reshape(x.array, shape), (x,), lambda g: (ops.reshape(g, before),))


def permute(tape: Tape, x: Value, axes: Sequence[int]) -> Value:
    """The axes in another order."""
    ops, back = tape.ops, sorted(range(len(axes)), key=lambda axis: axes[axis])
    return tape.record(ops.permute(x.array, axes), (x,), lambda g: (ops.permute(g, back),))


def split(tape: Tape, x: Value, count: int) -> list[Value]:
    """(tokens, count · width) → several of (tokens, width)."""
    ops, width = tape.ops, x.array.shape[1] // count
    parts = [ops.part(x.array, 1, at * width, (at + 1) * width) for at in range(count)]
    return tape.record_parts(parts, (x,), lambda gradients: (ops.concat(gradients, 1),))


def cross_entropy(tape: Tape, logits: Value, targets: Array, counted: Array) -> Value:
    """The sum of −log softmax(logits)[target] over the tokens that the loss counts.

    Args:
        tape: the tape.
        logits: (tokens, vocabulary)
        targets: (tokens,), indices; any for a token that is not counted.
        counted: (tokens, 1), 1 for each token that the loss counts, else 0.

    Returns:
        (1, 1)
    """
    ops = tape.ops
    wanted = ops.one_hot(targets, logits.array.shape[1])
    # Without the largest logit, no power overflows, and the result is the same.
    shifted = ops.sub(logits.array, ops.max(logits.array, 1))
    powers = ops.exp(shifted)
    total = ops.sum(powers, 1)
    losses = ops.sub(ops.log(total), ops.sum(ops.mul(shifted, wanted), 1))

    def backward(g: Array) -> tuple[Array]:
        # The famous result: probabilities minus the one-hot target.
        wrong = ops.sub(ops.div(powers, total), wanted)
        return (ops.mul(wrong, ops.mul(counted, g)),)

    return tape.record(ops.sum(ops.mul(losses, counted), 0), (logits,), backward)


def recomputed(tape: Tape, x: Value, result: Array, again: Callable[[Tape, Value], Value]) -> Value:
    """A function whose inner arrays are not stored: the backward pass computes them again.

    Args:
        tape: the tape.
        x: the function's input.
        result: its result, computed without a record.
        again: computes it with records on another tape, with the same random numbers.
    """

    def backward(g: Array) -> tuple[Array]:
        inner, start = tape.another(), Value(x.array)
        # This also adds the gradients of the parameters inside.
        inner.backward(again(inner, start), g)
        return (start.gradient,)

    return tape.record(result, (x,), backward)


def _sum_of_rows(tape: Tape, g: Array) -> Array:
    """(rows, width) → (width,): the gradient of a vector that was added to every row."""
    return tape.ops.reshape(tape.ops.sum(g, 0), (g.shape[1],))
