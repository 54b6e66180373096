"""Importing large libraries without what makes it slow."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Generator[None, None, None]:
    """Import NumPy, PyTorch and their like in here.

    Hundreds of thousands of objects come and stay; looking among them for garbage took a fifth of
    the time to the first step. NumPy's linear algebra starts its threads when it is loaded, and
    nothing here uses it; a number of threads of the user's own wins.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
