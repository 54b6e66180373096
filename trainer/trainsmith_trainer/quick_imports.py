"""Importing large libraries without what makes it slow."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:  # Importing them imports a dozen others.
    Loader = MetaPathFinder = object

DEFERRED = {
    # What `import torch` loads for compiling, quantizing and other work that no run does: a quarter
    # of its time, and 27 MB. Another version may import its parts in an order that forbids it.
    ("torch", "2.13."): {
        "torch._meta_registrations",
        "torch.ao",
        "torch.distributions",
        "torch.export",
        "torch.masked",
        "torch.nn.intrinsic",
        "torch.nn.qat",
        "torch.nn.quantizable",
        "torch.nn.quantized",
        "torch.quantization",
        "torch.utils.data",
        "torchgen.model",
        "unittest.mock",
    },
    # Characters need no library.
    ("tokenizers", ""): {"tokenizers"},
}
"""What waits until it is used: names of modules, by the distribution and version it suits."""


@contextmanager
def quick_imports() -> Generator[None, None, None]:
    """Import NumPy, PyTorch and their like in here.

    Hundreds of thousands of objects come and stay; looking among them for garbage took a fifth of
    the time to the first step. NumPy's linear algebra starts its threads when it is loaded, and
    nothing here uses it; a number of threads of the user's own wins. What is in `DEFERRED` runs
    when something of it is used.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    collects = gc.isenabled()
    gc.disable()
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        gc.freeze()
        if collects:
            gc.enable()


class _Finder(MetaPathFinder):
    """Finds what is to wait, and leaves everything else to the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _waits(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            spec.loader = _Deferring(spec.loader)
        return spec


def _waits(module: str) -> bool:
    return any(
        module in modules and (not version or _version(distribution).startswith(version))
        for (distribution, version), modules in DEFERRED.items()
    )


@cache
def _version(distribution: str) -> str:
    from importlib import metadata  # Slow itself, and of no use where PyTorch is not imported.

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


class _Deferring(Loader):
    """Executes a module when an attribute is asked for that it lacks.

    `importlib.util.LazyLoader` does so at any attribute, and PyTorch's registering of operators
    looks for `__file__` in every module that there is.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def execute_for(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            del module.__getattr__
            self._loader.exec_module(module)
            return getattr(module, name)

        module.__getattr__ = execute_for
