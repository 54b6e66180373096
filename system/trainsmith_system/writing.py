"""Files and folders that appear whole or not at all, and never behind somebody's link."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from trainsmith_system.folders import remove_tree, resolved
from trainsmith_system.reading import RefusedFileError

_PREFIX = ".trainsmith-"
_USUAL = 0o666
"""The permissions of new files, from which the umask takes some away."""
_LEFTOVER = re.compile(re.escape(_PREFIX) + "[0-9a-f]{16}")


def write_file(path: Path, content: bytes, *, permissions: int | None = None) -> None:
    """Write a file under a temporary name, flush it to the disk, and rename it.

    A link of that name is replaced, and its target stays as it is.

    Args:
        path: the file.
        content: all of it.
        permissions: those of the file; without them, the usual ones for this process.

    Raises:
        OSError: the file cannot be written; what was there is unchanged.
    """
    temporary = _temporary(path)
    try:
        _write_and_sync({temporary: content}, _USUAL if permissions is None else permissions)
        if permissions is not None:  # The umask may have taken some away.
            temporary.chmod(permissions)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that may exist; an existing one keeps its permissions.

    A link is followed where it stays in its own folder, because people keep such links.

    Raises:
        RefusedFileError: the file is a link to another folder, or not a regular file.
        OSError: the file cannot be written; what was there is unchanged.
    """
    path = link_target(path)
    try:
        before = path.lstat()
    except FileNotFoundError:
        write_file(path, content)
        return
    if not stat.S_ISREG(before.st_mode):
        raise RefusedFileError(path, "it is not a regular file")
    write_file(path, content, permissions=stat.S_IMODE(before.st_mode))


def link_target(path: Path) -> Path:
    """The file that a path names: itself, or the target of a link to a file beside it.

    Raises:
        RefusedFileError: the path is a link to another folder, or to itself.
    """
    if not path.is_symlink():
        return path
    target = resolved(path)
    if target.parent != resolved(path.parent):
        raise RefusedFileError(path, f"it is a link to {target}, in another folder")
    return target


def open_to_append(path: Path) -> BinaryIO:
    """Open a file to append to it, unbuffered; it is created if it does not exist.

    Raises:
        RefusedFileError: it is a link, or not a regular file.
        OSError: it cannot be opened.
    """
    return os.fdopen(open_own(path, os.O_WRONLY | os.O_APPEND), "ab", buffering=0)


def open_own(path: Path, flags: int) -> int:
    """Open a file of ours by its descriptor; it is created if it does not exist.

    Raises:
        RefusedFileError: it is a link, or not a regular file.
        OSError: it cannot be opened.
    """
    if path.is_symlink():
        raise RefusedFileError(path, "it is a symbolic link")
    descriptor = os.open(path, flags | os.O_CREAT | _SAFE, _USUAL)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedFileError(path, "it is not a regular file")
    return descriptor


Piece: TypeAlias = "bytes | memoryview"

Content: TypeAlias = "bytes | Iterable[Piece]"
"""The content of a file, as a whole or in pieces. The pieces can be read several times."""


def pieces_of(content: Content) -> Iterable[Piece]:
    """The pieces of a content, one after another."""
    return (content,) if isinstance(content, bytes) else content


def write_folder(path: Path, contents: Mapping[str, Content]) -> None:
    """Write a folder of files under a temporary name, flush it, and rename it.

    An existing folder is replaced, and so is a link; its target stays as it is.

    Raises:
        OSError: the folder cannot be written; what was there is unchanged.
    """
    with folder_in_parts(path) as temporary:
        write_part(temporary, contents)


@contextmanager
def folder_in_parts(path: Path) -> Generator[Path, None, None]:
    """A folder that several processes write together; it appears when the block ends.

    An existing folder is replaced, and so is a link; its target stays as it is.

    Yields:
        The folder under its temporary name, for `write_part`.

    Raises:
        OSError: the folder cannot be written; what was there is unchanged.
    """
    temporary = _temporary(path)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _sync_folder(temporary)
        remove_folder(path)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            remove_tree(temporary)
        raise
    _sync_folder(path.parent)


def write_part(folder: Path, contents: Mapping[str, Content]) -> None:
    """Write new files into a folder, and flush them.

    Raises:
        OSError: one cannot be written, or exists.
    """
    _write_and_sync({folder / name: content for name, content in contents.items()})


def require_own_folder(path: Path) -> None:
    """Refuse a link where a folder of ours is expected: what it contains would not be ours.

    Raises:
        RefusedFileError: the path is a link.
    """
    if path.is_symlink():
        raise RefusedFileError(path, "it is a symbolic link, not a folder of the run")


def remove_folder(path: Path) -> None:
    """Remove a folder in a way that never shows half of it under its name.

    Of a link, only the link is removed: people move a checkpoint to another disk and link it. A
    file with the name of the folder is removed, too.

    Raises:
        OSError: it cannot be removed.
    """
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    if not path.exists():
        return
    removed = _temporary(path)
    path.replace(removed)
    remove_tree(removed)


def remove_leftovers(folder: Path) -> None:
    """Remove the partial files of a killed process; no other process may be writing there.

    Raises:
        RefusedFileError: the folder is a link.
    """
    require_own_folder(folder)
    for path in folder.glob(f"{_PREFIX}*"):
        if not _LEFTOVER.fullmatch(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink()


def _temporary(path: Path) -> Path:
    """An unpredictable name beside a path, so that no link can be waiting there."""
    return path.with_name(f"{_PREFIX}{secrets.token_hex(8)}")


def _write_and_sync(contents: Mapping[Path, Content], permissions: int = _USUAL) -> None:
    """Write all files, then flush them: the first flush does most of the work for the others."""
    with ExitStack() as stack:
        files: dict[Path, BinaryIO] = {}
        for path in contents:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE, permissions)
            files[path] = stack.enter_context(os.fdopen(descriptor, "wb", buffering=0))
        for path, file in files.items():
            with _naming(path):
                for piece in pieces_of(contents[path]):
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[file.write(rest) :]
        for path, file in files.items():
            with _naming(path):
                os.fsync(file.fileno())


@contextmanager
def _naming(path: Path) -> Generator[None, None, None]:
    """Name the file in errors of writing, which they do not do on their own."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _sync_folder(path: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder, and flushes renames on its own.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Windows lacks some of these. It has no pipes among its files, and opens text by default.
_SAFE: int = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
