"""An entry of the token cache: a folder with tokens, their tokenizer, and a description of both.

An entry may have been damaged, replaced or written by somebody else, so reading one verifies it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from trainsmith_system import limits
from trainsmith_system.reading import open_regular, read_bytes
from trainsmith_trainer.data.stream import DOCUMENT, Stream
from trainsmith_trainer.data.tokenizer import Tokenizer, load_tokenizer
from trainsmith_trainer.data.tokens import token_type

META = "meta.json"
"""Describes an entry; its modification time is that of the last use."""
_TOKENIZER = "tokenizer.json"
_BLOCK = 1 << 20


class DamagedEntryError(Exception):
    """An entry is not as it was written."""


@dataclass(frozen=True)
class LeftOut:
    """Lines of a file that were skipped."""

    file: NonNegativeInt
    """The index of the file."""
    lines: int
    first: int
    """The first of them, counted from 1."""
    why: str
    """What is wrong with the first one."""


@dataclass(frozen=True)
class Encoded:
    """The streams of a run's data, and the tokenizer that made them."""

    tokenizer: Tokenizer
    streams: tuple[Stream, ...]
    """The stream of the data, then that of the validation files, if there are any."""
    left_out: tuple[LeftOut, ...]
    digest: str
    """Of the tokenizer and all tokens."""


Open = Callable[[str], BinaryIO]
Encode = Callable[[Open], tuple[Tokenizer, int, tuple[LeftOut, ...]]]
"""Writes the files of an entry, which it opens by name. Returns the tokenizer, the number of
streams, and the lines that were skipped."""


@dataclass(frozen=True)
class _Meta:
    """The content of an entry's `meta.json`."""

    streams: int
    left_out: tuple[LeftOut, ...]
    digest: str


_VALID_META = TypeAdapter(_Meta)


def tokens_name(at: int) -> str:
    """The file of a stream's tokens."""
    return f"tokens-{at}.bin"


def mask_name(at: int) -> str:
    """The file of a stream's loss mask; empty if the loss counts all tokens."""
    return f"counted-{at}.bin"


def documents_name(at: int) -> str:
    """The file of a stream's documents."""
    return f"documents-{at}.bin"


def in_memory(encode: Encode) -> Encoded:
    """The result of `encode`, kept in memory instead of an entry."""
    files: dict[str, io.BytesIO] = {}

    def open_file(name: str) -> BinaryIO:
        return files.setdefault(name, io.BytesIO())

    tokenizer, count, left_out = encode(open_file)
    streams: list[Stream] = []
    for at in range(count):
        names = (tokens_name(at), documents_name(at), mask_name(at))
        tokens, documents, flags = (files[name].getbuffer() for name in names)
        kind = token_type(tokenizer.vocab_size)
        loss_mask = np.frombuffer(flags, np.bool_) if len(flags) else None
        streams.append(
            Stream(np.frombuffer(tokens, kind), np.frombuffer(documents, DOCUMENT), loss_mask)
        )
    return Encoded(tokenizer, tuple(streams), left_out, digest_of_tokens(tokenizer, streams))


def write_entry(folder: Path, encode: Encode) -> None:
    """Write the files of an entry into an empty folder, and flush them.

    Raises:
        OSError: they cannot be written.
    """
    with ExitStack() as stack:
        files: list[BinaryIO] = []

        def open_file(name: str) -> BinaryIO:
            files.append(stack.enter_context((folder / name).open("wb", _BLOCK)))
            return files[-1]

        tokenizer, count, left_out = encode(open_file)
        open_file(_TOKENIZER).write(tokenizer.files()["tokenizer.json"])
        for file in files:
            file.flush()
        meta = _Meta(
            count, left_out, digest_of_tokens(tokenizer, _streams(folder, tokenizer, count))
        )
        open_file(META).write(json.dumps(asdict(meta)).encode())
        for file in files:
            file.flush()
            os.fsync(file.fileno())


def read_entry(folder: Path, *, streams: int, files: int) -> Encoded:
    """Map an entry into memory, after everything in it was verified.

    Args:
        folder: the entry.
        streams: how many streams it must have.
        files: how many files its data has.

    Raises:
        DamagedEntryError: it is not as it was written. The text says what differs.
    """
    try:
        return _verified(folder, streams, files)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DamagedEntryError(f"{META}: `{where}`: {first['msg']}") from None
    except OSError as error:
        raise DamagedEntryError(f"{error.filename or folder}: {error.strerror}") from None
    except ValueError as error:
        raise DamagedEntryError(str(error)) from None


def _verified(folder: Path, streams: int, files: int) -> Encoded:
    if folder.is_symlink():
        raise DamagedEntryError("it is a symbolic link")
    content = read_bytes(folder / META, limits.RUN_TEXT, follow_links=False)
    meta = _VALID_META.validate_json(content, strict=True)
    if meta.streams != streams or any(one.file >= files for one in meta.left_out):
        raise DamagedEntryError(f"{META} describes other data")
    content = read_bytes(folder / _TOKENIZER, limits.TOKENIZER, follow_links=False)
    tokenizer = load_tokenizer(content)
    mapped = _streams(folder, tokenizer, streams)
    for stream in mapped:
        _check(stream, tokenizer.vocab_size, files)
    if digest_of_tokens(tokenizer, mapped) != meta.digest:
        raise DamagedEntryError(f"the tokens have another digest than {META} says")
    with suppress(OSError):  # It may belong to another user.
        (folder / META).touch()
    return Encoded(tokenizer, mapped, meta.left_out, meta.digest)


def _check(stream: Stream, vocab_size: int, files: int) -> None:
    """Refuse what no encoding writes, whatever its digest."""
    if stream.tokens.max(initial=0) >= max(vocab_size, 1):
        raise DamagedEntryError(f"it has the token {stream.tokens.max()} of {vocab_size}")
    mask = stream.loss_mask
    if mask is not None and (len(mask) != len(stream) or mask.view(np.uint8).max() > 1):
        raise DamagedEntryError("a loss mask does not fit its tokens")
    ends, of_files = stream.documents["end"], stream.documents["file"]
    lengths = np.diff(ends, prepend=0)
    if lengths.min(initial=1) < 1 or int(lengths.sum()) != len(stream):
        raise DamagedEntryError("the documents do not fit their tokens")
    if of_files.min(initial=0) < 0 or of_files.max(initial=0) >= files:
        raise DamagedEntryError("a document is of a file that is not there")


def _streams(folder: Path, tokenizer: Tokenizer, count: int) -> tuple[Stream, ...]:
    kind = token_type(tokenizer.vocab_size)
    streams: list[Stream] = []
    for at in range(count):
        mask = _map(folder / mask_name(at), np.bool_)
        streams.append(
            Stream(
                _map(folder / tokens_name(at), kind),
                _map(folder / documents_name(at), DOCUMENT),
                mask if len(mask) else None,
            )
        )
    return tuple(streams)


def _map(path: Path, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    with open_regular(path, follow_links=False) as file:
        if os.fstat(file.fileno()).st_size == 0:
            return np.empty(0, kind)  # An empty file cannot be mapped.
        # As a plain array: indexing a `memmap` creates another `memmap`, which is slower.
        return np.memmap(file, kind, "r").view(np.ndarray)


def digest_of_tokens(tokenizer: Tokenizer, streams: Sequence[Stream]) -> str:
    """The digest of a tokenizer and of everything in its streams."""
    digest = hashlib.sha256(tokenizer.files()["tokenizer.json"])
    for stream in streams:
        for array in (stream.tokens, stream.documents.view(np.uint8), stream.loss_mask):
            if array is not None:
                digest.update(array.data)
    return digest.hexdigest()
