"""Atomic writes: a file or a folder appears complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, flush it to the disk, and rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _write_and_sync({temporary: content})
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_folder(path: Path, contents: Mapping[str, bytes]) -> None:
    """Write a folder of files under a temporary name, flush it, and rename it.

    An existing folder is replaced.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        _write_and_sync({temporary / name: content for name, content in contents.items()})
        _sync_folder(temporary)
        remove_folder(path)
        temporary.replace(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder; a partly deleted one is never visible under its name."""
    if not path.exists():
        return
    doomed = path.with_name(f".{path.name}.removed.{os.getpid()}")
    path.replace(doomed)
    shutil.rmtree(doomed)


_LEFTOVER = re.compile(r"\..+\.\d+")


def remove_leftovers(folder: Path) -> None:
    """Remove the partial files of a killed process; no other process may be writing there."""
    for path in folder.glob(".*"):
        if not _LEFTOVER.fullmatch(path.name):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _write_and_sync(contents: Mapping[Path, bytes]) -> None:
    """Write all files, then flush them: the first flush already writes most of the data."""
    with ExitStack() as stack:
        files = {path: stack.enter_context(path.open("wb", 0)) for path in contents}
        for path, file in files.items():
            with _naming(path):
                rest = memoryview(contents[path])
                while rest:
                    rest = rest[file.write(rest) :]
        for path, file in files.items():
            with _naming(path):
                os.fsync(file.fileno())


@contextmanager
def _naming(path: Path) -> Generator[None, None, None]:
    """Add the file's path to write errors, which lack it."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _sync_folder(path: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder, and flushes renames itself.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
