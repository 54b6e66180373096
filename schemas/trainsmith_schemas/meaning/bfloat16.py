"""What becomes of a number that a kernel of ttnn cuts to bfloat16."""

from __future__ import annotations

import struct


def cut_to_bf16(number: float) -> float:
    """A number without the lower 16 bits of its float32: 0.999 becomes 0.99609375."""
    (bits,) = struct.unpack("<I", struct.pack("<f", number))
    return struct.unpack("<f", struct.pack("<I", bits & 0xFFFF0000))[0]


def growth(beta: float) -> float:
    """How many times too much of a gradient goes into a running mean with a decay that is cut.

    Args:
        beta: the decay, at least 0 and below 1.
    """
    return (1 - cut_to_bf16(beta)) / (1 - beta)
