"""The environment of processes that import ttnn, and the folders that ttnn writes into."""

from __future__ import annotations

import os
from pathlib import Path

from trainsmith_trainer.user_cache import cache_folder

SIMULATOR = "TT_METAL_SIMULATOR"
"""Names the library of a simulator, which ttnn uses instead of a board."""
MOCK = "TT_METAL_MOCK_CLUSTER_DESC_PATH"
"""Names the description of a cluster on which nothing is computed."""
KERNELS = "TT_METAL_CACHE"
"""Names the folder of compiled kernels."""

_QUIET = {
    "LOGURU_LEVEL": "WARNING",
    "TT_LOGGER_LEVEL": "fatal",
    "TT_METAL_DISABLE_BACKTRACE": "1",
    "TT_METAL_SHM_TRACKING_DISABLED": "1",
}
"""ttnn writes hundreds of lines to standard output otherwise, and files to /dev/shm."""
_SIMULATED = {"TT_METAL_SLOW_DISPATCH_MODE": "1", "TT_METAL_DISABLE_SFPLOADMACRO": "1"}
"""What the public simulator ttsim cannot do is switched off."""


def kernel_folder() -> Path:
    """The folder of compiled kernels: the one that the user sets, else one in our cache."""
    named = os.environ.get(KERNELS)
    return Path(named) if named else cache_folder() / "ttnn" / "kernels"


def lock_file() -> Path:
    """The file that the process which has the board open locks."""
    return cache_folder() / "ttnn" / "board"


def child_environment(scratch: Path) -> dict[str, str]:
    """The variables of a process that imports ttnn. What the user has set stays.

    Args:
        scratch: a folder for what ttnn writes on each run; it is deleted afterwards.
    """
    simulated = _SIMULATED if os.environ.get(SIMULATOR) else {}
    return {
        **_QUIET,
        **simulated,
        **os.environ,
        # Without HOME, importing ttnn ends the process with a segmentation fault.
        "HOME": os.environ.get("HOME") or str(scratch),
        KERNELS: str(kernel_folder()),
        "TT_METAL_LOGS_PATH": str(scratch),
    }
