"""A cache of tokens: encoded once, then mapped into memory by every run over the same data.

An entry is a folder, named by a digest of everything that determines its tokens: the content of the
files, the tokenizer or how it is learned, and how documents are joined. It appears complete or not
at all, and may be removed at any time.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from trainsmith_system import limits
from trainsmith_system.lock import HeldError, hold
from trainsmith_system.reading import open_regular, read_bytes
from trainsmith_trainer.data.stream import Flags, Stream
from trainsmith_trainer.data.tokenizer import (
    TokenArray,
    Tokenizer,
    TokenType,
    load_tokenizer,
    token_type,
)

VARIABLE = "TRAINSMITH_CACHE_DIR"
"""The environment variable that moves the cache."""

VERSION = 1
"""Increased whenever the same data would yield other tokens."""

_BLOCK = 1 << 20
_WAIT = 0.2
_KEPT_SECONDS = 30 * 24 * 3600
"""How long an unused entry is kept; old entries are removed when a new one is made."""
_META = "meta.json"
"""Describes an entry; its modification time is that of the last use."""


@dataclass(frozen=True)
class LeftOut:
    """Lines of a file that were skipped."""

    file: int
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


def tokens_name(at: int) -> str:
    """The file of a stream's tokens."""
    return f"tokens-{at}.bin"


def mask_name(at: int) -> str:
    """The file of a stream's loss mask; empty if the loss counts all tokens."""
    return f"counted-{at}.bin"


def cache_folder() -> Path:
    """The folder of the cache: the one that the user sets, else the usual one of the system."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "trainsmith" / "tokens"


def digest_of(parts: Iterable[str | bytes | Path]) -> str:
    """The digest of texts and of the contents of files, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        own = hashlib.sha256(part.encode() if isinstance(part, str) else b"")
        if isinstance(part, bytes):
            own.update(part)
        elif isinstance(part, Path):
            with open_regular(part) as file:
                while block := file.read(_BLOCK):
                    own.update(block)
        digest.update(own.digest())
    return digest.hexdigest()


def in_memory(encode: Encode) -> Encoded:
    """The result of `encode`, kept in memory instead of the cache."""
    files: dict[str, io.BytesIO] = {}

    def open_file(name: str) -> BinaryIO:
        return files.setdefault(name, io.BytesIO())

    tokenizer, count, left_out = encode(open_file)
    streams: list[Stream] = []
    for at in range(count):
        tokens, flags = (files[name].getbuffer() for name in (tokens_name(at), mask_name(at)))
        kind = token_type(tokenizer.vocab_size)
        loss_mask = np.frombuffer(flags, np.bool_) if len(flags) else None
        streams.append(Stream(np.frombuffer(tokens, kind), loss_mask))
    return Encoded(tokenizer, tuple(streams), left_out, _digest(tokenizer, streams))


def is_cached(key: str) -> bool:
    """Whether the entry of a key exists."""
    return (cache_folder() / key).is_dir()


def cached(key: str, encode: Encode) -> Encoded:
    """The entry of a key, which is made if it does not exist.

    If another process is making it, this one waits.

    Raises:
        OSError: the cache cannot be written.
    """
    entry = cache_folder() / key
    entry.parent.mkdir(parents=True, exist_ok=True)
    lock = entry.with_name(f"{key}.lock")
    while not entry.is_dir():
        _make_unless_held(entry, lock, encode)
    with suppress(OSError):  # Another process may still use it.
        lock.unlink()
    return _read(entry)


def _make_unless_held(entry: Path, lock: Path, encode: Encode) -> None:
    try:
        with hold(lock):
            if not entry.is_dir():
                _remove_unused(entry.parent)
                _make(entry, encode)
    except HeldError:
        time.sleep(_WAIT)


def _remove_unused(folder: Path) -> None:
    for meta in folder.glob(f"*/{_META}"):
        with suppress(OSError):  # Another process may still use it.
            if time.time() - meta.stat().st_mtime > _KEPT_SECONDS:
                removed = meta.parent.rename(meta.parent.with_suffix(".old"))
                shutil.rmtree(removed)


def _make(entry: Path, encode: Encode) -> None:
    """Write an entry under a temporary name first; only one process at a time does this."""
    temporary = entry.with_name(f"{entry.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)  # Left by a process that was killed.
    temporary.mkdir()
    try:
        with ExitStack() as stack:
            files: list[BinaryIO] = []

            def open_file(name: str) -> BinaryIO:
                files.append(stack.enter_context((temporary / name).open("wb", _BLOCK)))
                return files[-1]

            tokenizer, count, left_out = encode(open_file)
            open_file("tokenizer.json").write(tokenizer.files()["tokenizer.json"])
            for file in files:
                file.flush()
            digest = _digest(tokenizer, _streams(temporary, tokenizer, count))
            meta = {
                "streams": count,
                "left_out": [vars(lines) for lines in left_out],
                "digest": digest,
            }
            open_file(_META).write(json.dumps(meta).encode())
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(entry)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _read(entry: Path) -> Encoded:
    with suppress(OSError):  # It may belong to another user.
        (entry / _META).touch()
    meta: dict[str, Any] = json.loads(read_bytes(entry / _META, limits.RUN_TEXT))
    tokenizer = load_tokenizer(read_bytes(entry / "tokenizer.json", limits.TOKENIZER))
    left_out = tuple(LeftOut(**one) for one in meta["left_out"])
    streams = _streams(entry, tokenizer, meta["streams"])
    return Encoded(tokenizer, streams, left_out, meta["digest"])


def _streams(folder: Path, tokenizer: Tokenizer, count: int) -> tuple[Stream, ...]:
    kind = token_type(tokenizer.vocab_size)
    return tuple(
        Stream(_map_tokens(folder / tokens_name(at), kind), _map_flags(folder / mask_name(at)))
        for at in range(count)
    )


def _map_tokens(path: Path, kind: TokenType) -> TokenArray:
    if path.stat().st_size == 0:
        return np.empty(0, kind)  # An empty file cannot be mapped.
    # As a plain array: indexing a `memmap` creates another `memmap`, which is slower.
    return np.memmap(path, kind, "r").view(np.ndarray)


def _map_flags(path: Path) -> Flags | None:
    return np.memmap(path, np.bool_, "r").view(np.ndarray) if path.stat().st_size else None


def _digest(tokenizer: Tokenizer, streams: Sequence[Stream]) -> str:
    digest = hashlib.sha256(tokenizer.files()["tokenizer.json"])
    for stream in streams:
        for array in (stream.tokens, stream.loss_mask):
            if array is not None:
                digest.update(array.data)
    return digest.hexdigest()
