"""A cache of tokens: encoded once, then mapped into memory by every run over the same data.

An entry is a folder, named by a digest of everything that determines its tokens: the content of the
files, the tokenizer or how it is learned, and how documents are joined. It appears complete or not
at all, is verified whenever it is read, and may be removed at any time.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from trainsmith_system.folders import remove_tree
from trainsmith_system.lock import HeldError, hold
from trainsmith_system.reading import open_regular
from trainsmith_system.terminal import say
from trainsmith_system.writing import remove_folder
from trainsmith_trainer.data.cache_entry import (
    META,
    DamagedEntryError,
    Encode,
    Encoded,
    read_entry,
    write_entry,
)
from trainsmith_trainer.user_cache import cache_folder

VERSION = 4
"""Increased whenever the same data would yield other tokens."""

_BLOCK = 1 << 20
_WAIT = 0.2
_KEPT_SECONDS = 30 * 24 * 3600
"""How long an unused entry is kept; old entries are removed when a new one is made."""
_KEY = re.compile(r"[0-9a-f]{64}")
"""The names of entries. Nothing else in the folder is ours."""


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


def is_cached(key: str) -> bool:
    """Whether the entry of a key exists."""
    return (cache_folder() / key).is_dir()


def cached(key: str, encode: Encode, *, streams: int, files: int) -> Encoded:
    """The entry of a key, which is made if it does not exist or is damaged.

    If another process is making it, this one waits.

    Args:
        key: the name of the entry.
        encode: makes it.
        streams: how many streams `encode` writes.
        files: how many files it reads.

    Raises:
        OSError: the cache cannot be written.
        DamagedEntryError: what was just written cannot be read back.
    """
    entry = cache_folder() / key
    entry.parent.mkdir(parents=True, exist_ok=True)
    _make_if_missing(entry, encode)
    try:
        return read_entry(entry, streams=streams, files=files)
    except DamagedEntryError as error:
        say(f"the cached tokens in {entry} are damaged and made again: {error}", error=True)
    _remove(entry)
    _make_if_missing(entry, encode)
    return read_entry(entry, streams=streams, files=files)


def _make_if_missing(entry: Path, encode: Encode) -> None:
    lock = entry.with_name(f"{entry.name}.lock")
    while not os.path.lexists(entry):
        _make_unless_held(entry, lock, encode)
    with suppress(OSError):  # Another process may still use it.
        lock.unlink()


def _make_unless_held(entry: Path, lock: Path, encode: Encode) -> None:
    try:
        with hold(lock):
            if not os.path.lexists(entry):
                _remove_unused(entry.parent)
                _make(entry, encode)
    except HeldError:
        time.sleep(_WAIT)


def _remove_unused(folder: Path) -> None:
    for meta in folder.glob(f"*/{META}"):
        with suppress(OSError):  # Another process may still use it.
            is_old = time.time() - meta.stat().st_mtime > _KEPT_SECONDS
            if is_old and _KEY.fullmatch(meta.parent.name):
                remove_folder(meta.parent)


def _remove(entry: Path) -> None:
    if entry.is_dir():
        remove_folder(entry)
    else:
        entry.unlink(missing_ok=True)


def _make(entry: Path, encode: Encode) -> None:
    """Write an entry under a temporary name first; only one process at a time does this."""
    temporary = entry.with_name(f"{entry.name}.new")
    with suppress(OSError):  # Left by a process that was killed.
        remove_tree(temporary)
    temporary.mkdir()
    try:
        write_entry(temporary, encode)
        temporary.replace(entry)
    except BaseException:
        with suppress(OSError):
            remove_tree(temporary)
        raise
