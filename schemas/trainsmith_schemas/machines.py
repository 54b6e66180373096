r"""Which machine a path is on: looking at a path of another machine connects to it.

On Windows, connecting to `\\HOST\share` logs on: the host gets the user's name and a hash of the
password. On other systems, an automounter connects to the host in `/net/HOST`.
`extension/src/shared/machines.ts` is the same in TypeScript.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable

WINDOWS = os.name == "nt"
_DEVICE = re.compile(r"\\\\[.?]\\|\\\?\?\\")
"""The beginnings of Windows' names of devices; pipes and shares have such names, too."""
_SHARE = re.compile(r"\\\\([^\\]*)")
_MOUNTED = re.compile(
    r"(?:/System/Volumes/Data)?/+(?:net|Network/Servers|afs)/([^/]+)", re.IGNORECASE
)
_PROCESS = re.compile(r"/+(?:proc|dev/fd)/")
"""Folders with links to anywhere, such as `/proc/self/root`."""


def is_elsewhere(path: str, homes: Iterable[str], *, windows: bool = WINDOWS) -> bool:
    """Whether a path is on another machine than this one and those of some folders.

    Args:
        path: an absolute path, as it would be opened.
        homes: the folders of the user, such as the one that is open in the editor.
        windows: whether it is a path of Windows.
    """
    machine = _machine(path, windows=windows)
    if not machine:
        return False
    return machine == _A_DEVICE or machine not in {_machine(one, windows=windows) for one in homes}


_A_DEVICE = "?"


def _machine(path: str, *, windows: bool) -> str:
    """The name of the machine; empty for this one."""
    if not windows:
        path = posixpath.normpath(path)
        if _PROCESS.match(path):
            return _A_DEVICE
        found = _MOUNTED.match(path)
        return found[1].lower() if found else ""
    path = path.replace("/", "\\")
    if _DEVICE.match(path):
        return _A_DEVICE
    found = _SHARE.match(path)
    return found[1].lower() if found else ""
