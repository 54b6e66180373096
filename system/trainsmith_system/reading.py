"""Reading files that may be anything: a device, a pipe, a link, or far too large."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

Read = TypeVar("Read", int, bytes)

MIB = 2**20
_CHUNK = MIB


class RefusedFileError(OSError):
    """A file is not regular, too large, or a link where links are not followed.

    `strerror` is the reason, so that it is reported like every other `OSError`.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EINVAL, reason, str(path))


def open_regular(path: Path, *, follow_links: bool = True) -> BinaryIO:
    """Open a regular file for reading, without ever waiting for a pipe or a device.

    Args:
        path: the file.
        follow_links: whether the file itself may be a link. Folders above it always may.

    Raises:
        RefusedFileError: it is not a regular file, or a link that may not be followed.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | _NONBLOCK | _CLOEXEC | _BINARY | (0 if follow_links else _NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow_links:
            raise RefusedFileError(path, "it is a symbolic link") from None
        raise
    except ValueError:  # A NUL or half a surrogate pair in the path.
        raise RefusedFileError(path, "its name cannot be a file's name") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        is_folder = stat.S_ISDIR(mode)
        raise RefusedFileError(path, "it is a folder" if is_folder else "it is not a regular file")
    return io.BufferedReader(RegularFile(descriptor, "rb"), _CHUNK)


class RegularFile(io.FileIO):
    """A file whose content is there. Some of Linux's `/proc` has none at times, as a pipe has.

    Reading raises `BlockingIOError` then, where `io.FileIO` returns `None`.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to a number of bytes."""
        return _available(super().read(size))

    def readinto(self, buffer: Buffer, /) -> int:
        """Read into a buffer; returns how many bytes."""
        return _available(super().readinto(buffer))

    def readall(self) -> bytes:
        """Read up to the end."""
        return _available(super().readall())


def _available(read: Read | None) -> Read:
    if read is None:
        raise BlockingIOError(errno.EAGAIN, "it has no content at the moment")
    return read


def read_bytes(path: Path, limit: int, *, follow_links: bool = True) -> bytes:
    """The content of a regular file.

    Args:
        path: the file.
        limit: the largest size in bytes; the file may grow while it is read.
        follow_links: as for `open_regular`.

    Raises:
        RefusedFileError: as for `open_regular`, or the file is larger than the limit.
        OSError: it cannot be opened or read.
    """
    with open_regular(path, follow_links=follow_links) as file:
        content = bytearray()
        while chunk := file.read(min(_CHUNK, limit + 1 - len(content))):
            content += chunk
            if len(content) > limit:
                raise RefusedFileError(path, f"it is larger than {limit:,} bytes")
    return bytes(content)


# Windows lacks some of these. It has no pipes among its files, and opens text by default.
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC: int = getattr(os, "O_CLOEXEC", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)
