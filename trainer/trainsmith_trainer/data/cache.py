"""Tokens on the disk: encoded once, then mapped into memory by every run over the same data.

An entry is a folder, named by a digest of everything that its tokens follow from: the content of
the files, the tokenizer or how it is learned, and how documents are joined. It appears whole or not
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

from trainsmith_trainer.data.stream import Flags, Stream
from trainsmith_trainer.data.tokenizer import (
    TokenArray,
    Tokenizer,
    TokenType,
    load_tokenizer,
    token_type,
)
from trainsmith_trainer.storage.lock import HeldError, hold

VARIABLE = "TRAINSMITH_CACHE_DIR"
"""Moves the cache."""

VERSION = 1
"""Rises whenever the same data would give other tokens."""

_BLOCK = 1 << 20
_WAIT = 0.2
_KEPT_SECONDS = 30 * 24 * 3600
"""From the last use of an entry to its removal, when another one is made."""
_META = "meta.json"
"""Says what is in an entry; its time is that of the last use."""


@dataclass(frozen=True)
class LeftOut:
    """Lines of a file that are not part of the tokens."""

    file: int
    """Its number among the files."""
    lines: int
    first: int
    """The first of them, counted from 1."""
    why: str
    """What is wrong with that one."""


@dataclass(frozen=True)
class Encoded:
    """The streams of a run's data, and the tokenizer that made them."""

    tokenizer: Tokenizer
    streams: tuple[Stream, ...]
    """The data's, then that of the data to validate with, if it has files of its own."""
    left_out: tuple[LeftOut, ...]
    digest: str
    """Of the tokenizer and all tokens."""


Open = Callable[[str], BinaryIO]
Encode = Callable[[Open], tuple[Tokenizer, int, tuple[LeftOut, ...]]]
"""Writes the files of an entry, given a way to open them by name. Says the tokenizer, how many
streams there are, and what was left out."""


def tokens_name(at: int) -> str:
    """The file of a stream's tokens."""
    return f"tokens-{at}.bin"


def mask_name(at: int) -> str:
    """The file that says which of them the loss counts; empty where it counts all."""
    return f"counted-{at}.bin"


def cache_folder() -> Path:
    """Where the cache is: as the user says, or where the system has such files."""
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
    """The digest of some texts and of files' contents, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        own = hashlib.sha256(part.encode() if isinstance(part, str) else b"")
        if isinstance(part, bytes):
            own.update(part)
        elif isinstance(part, Path):
            with part.open("rb") as file:
                while block := file.read(_BLOCK):
                    own.update(block)
        digest.update(own.digest())
    return digest.hexdigest()


def in_memory(encode: Encode) -> Encoded:
    """An entry that is small enough not to be kept."""
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
    """Whether the entry of a key is there."""
    return (cache_folder() / key).is_dir()


def cached(key: str, encode: Encode) -> Encoded:
    """The entry of a key, which is made if it is not there.

    Where another process is making it, this one waits.

    Raises:
        OSError: the cache cannot be written.
    """
    entry = cache_folder() / key
    entry.parent.mkdir(parents=True, exist_ok=True)
    lock = entry.with_name(f"{key}.lock")
    while not entry.is_dir():
        _make_unless_held(entry, lock, encode)
    with suppress(OSError):  # Another process may still look at it.
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
        with suppress(OSError):  # Another process may still look at it.
            if time.time() - meta.stat().st_mtime > _KEPT_SECONDS:
                removed = meta.parent.rename(meta.parent.with_suffix(".old"))
                shutil.rmtree(removed)


def _make(entry: Path, encode: Encode) -> None:
    """Write an entry under another name first; one process at a time does."""
    temporary = entry.with_name(f"{entry.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)  # Of a process that was killed.
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
            said = {"streams": count, "left_out": [vars(one) for one in left_out]}
            open_file(_META).write(json.dumps({**said, "digest": digest}).encode())
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(entry)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _read(entry: Path) -> Encoded:
    with suppress(OSError):  # It may be another user's.
        (entry / _META).touch()
    meta: dict[str, Any] = json.loads((entry / _META).read_bytes())
    tokenizer = load_tokenizer((entry / "tokenizer.json").read_bytes())
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
        return np.empty(0, kind)  # Nothing cannot be mapped.
    # As a plain array: each look into a `memmap` makes another one, which takes longer.
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
