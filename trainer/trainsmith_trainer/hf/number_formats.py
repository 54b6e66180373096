"""Weights in the number formats of published models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.families.hugging_face import DType
from trainsmith_system.writing import Piece

_LARGEST_HALF = float(np.finfo(np.float16).max)
_FORMATS: Mapping[DType, tuple[str, int]] = {
    "float32": ("F32", 4),
    "bfloat16": ("BF16", 2),
    "float16": ("F16", 2),
}
"""The names in safetensors, and the bytes of a number."""
_ALIGNMENT = 8
"""In bytes, of the tensors after the header."""


def fitting_dtype(tensors: Mapping[str, npt.NDArray[Any]], dtype: DType) -> DType:
    """The format, or float32 if a number is too large for float16."""
    if dtype != "float16":
        return dtype
    fits = all(np.abs(array).max(initial=0) <= _LARGEST_HALF for array in tensors.values())
    return dtype if fits else "float32"


@dataclass(frozen=True)
class TensorFile:
    """The content of a safetensors file, tensor by tensor: weights are in memory only once.

    The library `safetensors` documents the format: the size of a header, the header in JSON, and
    the tensors.
    """

    tensors: Mapping[str, npt.NDArray[np.float32]]
    """Finite numbers, by name."""
    dtype: DType = "float32"
    """The format that they are rounded to."""

    def __iter__(self) -> Iterator[Piece]:
        yield self._header()
        for name in self._names:
            rounded = _rounded(np.ascontiguousarray(self.tensors[name]), self.dtype)
            yield rounded.reshape(-1).view(np.uint8).data

    @property
    def _names(self) -> list[str]:
        return sorted(self.tensors)

    def _header(self) -> bytes:
        described: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        name_of_format, size = _FORMATS[self.dtype]
        begin = 0
        for name in self._names:
            array = self.tensors[name]
            end = begin + array.size * size
            described[name] = {
                "dtype": name_of_format,
                "shape": array.shape,
                "data_offsets": (begin, end),
            }
            begin = end
        header = json.dumps(described, separators=(",", ":")).encode()
        header += b" " * (-len(header) % _ALIGNMENT)
        return len(header).to_bytes(8, "little") + header


def _rounded(array: npt.NDArray[np.float32], dtype: DType) -> npt.NDArray[Any]:
    """Round to the nearest number, and if two are equally near, to the even one."""
    if dtype == "float32":
        return array
    if dtype == "float16":
        return array.astype(np.float16)
    # A bfloat16 is the upper half of a float32.
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
