"""The safetensors files of a model's folder: one, or several with an index."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import safetensors
from pydantic import NonNegativeInt, TypeAdapter, ValidationError
from safetensors import SafetensorError

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.paths import is_file_name
from trainsmith_system import limits
from trainsmith_system.reading import MIB, open_regular, read_bytes
from trainsmith_system.text import shortened

_WHOLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_NUMBERS = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": np.uint16}
"""The formats that weights may have; NumPy has no bfloat16, so its bits are read as they are."""


@dataclass(frozen=True)
class _Index:
    """The content of an index; other keys are ignored."""

    weight_map: Mapping[str, str]
    """The shard of each tensor."""


_VALID_INDEX = TypeAdapter(_Index)


@dataclass(frozen=True)
class _Place:
    """A tensor in a header; other keys are ignored."""

    data_offsets: tuple[NonNegativeInt, NonNegativeInt]
    """Its first byte, and the one after its last, counted from the end of the header."""


_VALID_HEADER = TypeAdapter(dict[str, _Place | dict[str, str]])
_LARGEST_HEADER = 10 * MIB
"""In bytes: tens of thousands of tensors. The library allows ten times as much."""

_MOST_DIMENSIONS = 32
_MOST_NUMBERS = 2**59
"""Of an array in NumPy; it does not matter that another size is zero."""
_LONGEST_NAME = 200
"""In characters, in a message."""


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file, not read yet."""

    file: Path
    name: str
    """Its name in the file."""
    shape: tuple[int, ...]
    format: str
    """Its name in safetensors: `F32`, `BF16`."""
    begins: int
    """Its first byte in the file."""

    @property
    def place(self) -> str:
        """The file and the tensor, for messages."""
        return f"{self.file}: `{self.name}`"


def stored_tensors(folder: Path) -> dict[str, StoredTensor]:
    """All tensors of a folder, by name; only the files' headers are read.

    Raises:
        UnreadableModelError: there is no safetensors file, a shard or a tensor is missing, or a
            file is damaged.
    """
    try:
        return {one.name: one for file in weight_files(folder) for one in _headers(file)}
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None


def tensors_in(file: Path) -> dict[str, StoredTensor]:
    """The tensors of one file, by name; only its header is read.

    Raises:
        UnreadableModelError: it is missing or damaged.
    """
    try:
        return {one.name: one for one in _headers(file)}
    except OSError as error:
        raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None


def read_tensors(stored: Mapping[str, StoredTensor]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The contents of tensors as float32, file by file, under the names of the mapping.

    Raises:
        UnreadableModelError: a file is damaged, or a tensor has numbers in another format.
    """
    for file in sorted({one.file for one in stored.values()}):
        wanted = {name: one for name, one in stored.items() if one.file == file}
        try:
            with open_regular(file) as opened:
                for name, one in wanted.items():
                    yield name, _floats(opened, one)
        except OSError as error:
            raise UnreadableModelError(f"{error.filename}: {error.strerror}") from None


def _floats(opened: BinaryIO, stored: StoredTensor) -> npt.NDArray[np.float32]:
    """Read a tensor into memory of its own: the whole file would take as much again."""
    numbers = _NUMBERS.get(stored.format)
    if numbers is None:
        readable = ", ".join(_NUMBERS)
        raise UnreadableModelError(f"{stored.place} is {stored.format}; only {readable} are read")
    count = math.prod(stored.shape)
    array = _aligned(count, numbers)
    opened.seek(stored.begins)
    if cast("BufferedReader", opened).readinto(array.data) != array.nbytes:
        raise UnreadableModelError(f"{stored.place} is damaged: the file became shorter")
    floats = array if numbers is np.float32 else _aligned(count, np.float32)
    if numbers is np.uint16:  # The upper half of a float32.
        np.left_shift(array, 16, out=floats.view(np.uint32), dtype=np.uint32)
    elif floats is not array:
        floats[:] = array
    return floats.reshape(stored.shape)


def _aligned(count: int, numbers: type[np.generic]) -> npt.NDArray[Any]:
    """Memory for some numbers at a multiple of 64 bytes, as PyTorch allocates it."""
    size = count * np.dtype(numbers).itemsize
    memory = np.empty(size + 63, np.uint8)
    first = -memory.ctypes.data % 64
    return memory[first : first + size].view(numbers)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model's folder.

    Raises:
        UnreadableModelError: the index names a file that is missing, or is damaged.
        OSError: the index cannot be read.
    """
    if (folder / _WHOLE).exists() or not (folder / _INDEX).exists():
        _refuse_pickle(folder)
        return [folder / _WHOLE]
    try:
        content = read_bytes(folder / _INDEX, limits.MODEL_DESCRIPTION)
        shards = _VALID_INDEX.validate_json(content, strict=True).weight_map
        names = sorted(set(shards.values()))
    except ValidationError:
        raise UnreadableModelError(f"{folder / _INDEX} is damaged: it names no shards") from None
    for shard in names:
        if not is_file_name(shard) or not (folder / shard).is_file():
            raise UnreadableModelError(f"{folder} lacks the shard {shard!r} that {_INDEX} names")
    found = {one.name for shard in names for one in _headers(folder / shard)}
    if missing := sorted(shards.keys() - found):
        raise UnreadableModelError(f"no shard in {folder} contains {missing[0]!r}")
    return [folder / shard for shard in names]


def _headers(file: Path) -> Iterator[StoredTensor]:
    if not file.is_file():
        raise UnreadableModelError(f"{file.parent} has no {file.name}")
    try:
        with safetensors.safe_open(file, framework="numpy") as opened:
            begins = _begins(file)
            for name in opened.keys():  # noqa: SIM118
                part = opened.get_slice(name)
                shape = tuple(part.get_shape())
                if not _is_possible(shape):
                    raise UnreadableModelError(
                        f"{file} is damaged: `{shortened(name, _LONGEST_NAME)}` has the shape "
                        f"{shortened(str(list(shape)), _LONGEST_NAME)}, which no array has"
                    )
                yield StoredTensor(file, name, shape, part.get_dtype(), begins[name])
    except SafetensorError as error:
        raise _damaged(file, error) from None


def _is_possible(shape: tuple[int, ...]) -> bool:
    """Whether NumPy has arrays of a shape. The library allows any that has as many numbers."""
    sizes = [size for size in shape if size]
    return len(shape) <= _MOST_DIMENSIONS and math.prod(sizes) <= _MOST_NUMBERS


def _begins(file: Path) -> dict[str, int]:
    """The first byte of each tensor. The library has checked the header, and keeps it to itself."""
    with open_regular(file) as opened:
        size = int.from_bytes(opened.read(8), "little")
        content = opened.read(min(size, _LARGEST_HEADER))
    try:
        header = _VALID_HEADER.validate_json(content)
    except ValidationError:  # The file was replaced in the meantime.
        raise UnreadableModelError(f"{file} is damaged: it has no header") from None
    return {
        name: 8 + size + one.data_offsets[0]
        for name, one in header.items()
        if isinstance(one, _Place)
    }


def _damaged(file: Path, error: SafetensorError) -> UnreadableModelError:
    return UnreadableModelError(f"{file} is damaged: {error}")


def _refuse_pickle(folder: Path) -> None:
    if not (folder / _WHOLE).exists() and any(folder.glob("pytorch_model*.bin")):
        raise UnreadableModelError(
            f"{folder} has its weights as .bin: such a file can run code when it is opened; "
            "save the model as safetensors"
        )
