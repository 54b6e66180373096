"""Weights in the number formats of published models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from trainsmith_schemas.families.hugging_face import DType

_LARGEST_HALF = float(np.finfo(np.float16).max)
_NAMES = {"bfloat16": "BF16", "float16": "F16"}
"""As the format of safetensors names them."""
_ALIGNMENT = 8
"""In bytes, of the tensors after the header."""


def fitting_dtype(tensors: Mapping[str, npt.NDArray[Any]], dtype: DType) -> DType:
    """The format, or float32 if a number is too large for float16."""
    if dtype != "float16":
        return dtype
    fits = all(np.abs(array).max(initial=0) <= _LARGEST_HALF for array in tensors.values())
    return dtype if fits else "float32"


def serialized(tensors: Mapping[str, npt.NDArray[Any]], dtype: DType) -> bytes:
    """The content of a safetensors file.

    Args:
        tensors: finite float32 numbers, by name.
        dtype: the format that they are rounded to.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    if dtype == "float32":
        return safetensors.numpy.save(contiguous, metadata={"format": "pt"})
    # NumPy has no bfloat16, and the library's own function for it differs from version to version.
    described: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    contents: list[bytes] = []
    begin = 0
    for name, array in sorted(contiguous.items()):
        contents.append(_rounded(array, dtype).tobytes())
        end = begin + len(contents[-1])
        described[name] = {
            "dtype": _NAMES[dtype],
            "shape": array.shape,
            "data_offsets": (begin, end),
        }
        begin = end
    header = json.dumps(described, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    return b"".join((len(header).to_bytes(8, "little"), header, *contents))


def _rounded(array: npt.NDArray[np.float32], dtype: DType) -> npt.NDArray[Any]:
    """Round to the nearest number, and if two are equally near, to the even one."""
    if dtype == "float16":
        return array.astype(np.float16)
    # A bfloat16 is the upper half of a float32.
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
