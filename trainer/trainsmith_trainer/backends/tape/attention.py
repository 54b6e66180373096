"""Grouped-query attention with its gradient, and rotary positions."""

from __future__ import annotations

import math

from trainsmith_trainer.backends.tape.functions import permute, reshape
from trainsmith_trainer.backends.tape.ops import Array, Ops
from trainsmith_trainer.backends.tape.tape import Tape, Value


def attention(tape: Tape, queries: Value, keys: Value, values: Value, mask: Array) -> Value:
    """softmax(queries · keysᵀ / √size + mask) · values.

    Query heads that share a key head are computed as one head with more queries: this takes one
    product of matrices, and its gradient adds those of the shared keys and values.

    Args:
        tape: the tape.
        queries: (batch, heads, length, size)
        keys: (batch, key heads, past, size)
        values: (batch, key heads, past, size)
        mask: (batch or 1, 1, heads / key heads · length, past), 0 where a query sees a key, and
            otherwise so far below 0 that its power is 0.

    Returns:
        (batch, heads, length, size)
    """
    ops, shape = tape.ops, tuple(queries.array.shape)
    batch, heads, length, size = shape
    shared = keys.array.shape[1]
    scale = 1 / math.sqrt(size)
    # Queries are fewer than scores, so they are scaled in their place.
    folded = ops.reshape(queries.array, (batch, shared, heads // shared * length, size))
    scaled = ops.mul(folded, scale)
    scores = ops.add(tape.matmul(scaled, keys.array, transpose_b=True), mask)
    weights = softmax(ops, scores)
    mixed = tape.matmul(weights, values.array)

    def backward(g: Array) -> tuple[Array, Array, Array]:
        g = ops.reshape(g, tuple(scaled.shape))
        of_weights = tape.matmul(g, values.array, transpose_b=True)
        # The weights of a query add up to 1: only what differs from their mean changes them.
        centred = ops.sub(of_weights, ops.sum(ops.mul(of_weights, weights), 3))
        of_scores = ops.mul(weights, centred)
        of_queries = ops.mul(tape.matmul(of_scores, keys.array), scale)
        of_keys = tape.matmul(of_scores, scaled, transpose_a=True)
        of_values = tape.matmul(weights, g, transpose_a=True)
        return ops.reshape(of_queries, shape), of_keys, of_values

    return tape.record(ops.reshape(mixed, shape), (queries, keys, values), backward)


def softmax(ops: Ops, scores: Array) -> Array:
    """Positive numbers that add up to 1 along the last axis of four."""
    powers = ops.exp(ops.sub(scores, ops.max(scores, 3)))
    return ops.div(powers, ops.sum(powers, 3))


def rotate(tape: Tape, heads: Value, cosines: Array, sines: Array) -> Value:
    """Rotary positions (Su et al. 2021): dimension i of a head rotates with dimension i + half.

    Args:
        tape: the tape.
        heads: (batch, heads, length, size)
        cosines: (batch or 1, 1, length, size), with two equal halves.
        sines: the same shape.
    """
    ops = tape.ops
    forward = _rotated(ops, heads.array, cosines, sines)
    # The gradient is rotated back: cos(−x) = cos(x), and sin(−x) = −sin(x).
    back = ops.mul(sines, -1.0)
    return tape.record(forward, (heads,), lambda g: (_rotated(ops, g, cosines, back),))


def split_heads(tape: Tape, vectors: Value, batch: int, heads: int) -> Value:
    """(batch · length, heads · size) → (batch, heads, length, size)."""
    tokens, width = vectors.array.shape
    apart = reshape(tape, vectors, (batch, tokens // batch, heads, width // heads))
    return permute(tape, apart, (0, 2, 1, 3))


def join_heads(tape: Tape, heads: Value) -> Value:
    """(batch, heads, length, size) → (batch · length, heads · size)."""
    batch, count, length, size = heads.array.shape
    return reshape(tape, permute(tape, heads, (0, 2, 1, 3)), (batch * length, count * size))


def _rotated(ops: Ops, heads: Array, cosines: Array, sines: Array) -> Array:
    size = heads.shape[3]
    first, second = ops.part(heads, 3, 0, size // 2), ops.part(heads, 3, size // 2, size)
    turned = ops.concat([ops.mul(second, -1.0), first], 3)
    return ops.add(ops.mul(heads, cosines), ops.mul(turned, sines))
