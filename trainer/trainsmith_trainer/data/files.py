"""Data files: their types by extension, and how to open them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

from trainsmith_schemas.data_types import COMPRESSIONS, TABLES, DataType, data_type
from trainsmith_system.reading import open_regular
from trainsmith_trainer.errors import RunError

Kind = Literal["text", "examples", "tokens"]

DATA_KEY = "training_config.data_path"
VALIDATION_KEY = "training_config.validation_path"

_DECOMPRESSORS: dict[str, Callable[[BinaryIO], object]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}


def file_type(path: Path) -> DataType:
    """The type of a data file."""
    return data_type(path.name)


def kind_of(path: Path) -> Kind:
    """What a data file contains."""
    name = data_type(path.name)
    return name if name in ("text", "tokens") else "examples"


def is_compressed(path: Path) -> bool:
    """Whether a file's content is longer than the file."""
    return path.suffix.lower() in COMPRESSIONS or file_type(path) in TABLES


@contextmanager
def opened(path: Path) -> Generator[BinaryIO, None, None]:
    """Open a data file; what is compressed is decompressed as it is read.

    Raises:
        RunError: it cannot be read, or is damaged. Errors of the file within the block count too.
    """
    decompressor = _DECOMPRESSORS.get(path.suffix.lower())
    try:
        with open_regular(path) as file:
            if decompressor is None:
                yield file
            else:
                with cast("BinaryIO", decompressor(file)) as content:
                    yield content
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise RunError(
            f"{path} is damaged: {error}", advice="compress it again", config_path=DATA_KEY
        ) from None
    except OSError as error:
        if error.strerror is None:  # `bz2` reports damage in this way.
            raise RunError(
                f"{path} is damaged: {error}", advice="compress it again", config_path=DATA_KEY
            ) from None
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> RunError:
    """The error for a file that cannot be read."""
    return RunError(f"{path} cannot be read: {error.strerror}", config_path=DATA_KEY)
