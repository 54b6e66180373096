"""`torch.compile` for the blocks of a model.

Each kind of block is compiled once, not the model as a whole: the time to compile does not grow
with the number of blocks, and the names of parameters stay as they are.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import torch

from trainsmith_system.text import shortened
from trainsmith_trainer.backends.torch.compilers import enclose_compilers, find_compiler
from trainsmith_trainer.backends.torch.models import attention
from trainsmith_trainer.backends.torch.models.transformer import Transformer
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.user_cache import cache_folder

_KEY = "training_config.compile"
_CACHE = "TORCHINDUCTOR_CACHE_DIR"
_LONGEST = 500
"""In characters, of the compiler's error."""
_MOST_VARIANTS = 64
"""Of one block: with and without gradients, with windows and without, of fixed and any length."""


def compile_blocks(model: Transformer, device: torch.device, *, lengths_vary: bool) -> None:
    """Compile a model's blocks when they are computed first.

    Args:
        model: it is changed.
        device: where it computes.
        lengths_vary: whether batches have sequences of many lengths. Then one variant is compiled
            for all of them; otherwise it is compiled for the first batch, and once more for any
            length if another one follows.

    Raises:
        RunError: a compiler is missing, or the cache folder cannot be written.
    """
    require_compiler(device)
    enclose_compilers()
    # By default, PyTorch's cache is in a folder for temporary files, which others may write to.
    os.environ.setdefault(_CACHE, str(cache_folder().with_name("compiled")))
    import torch._dynamo
    import torch._inductor.config

    # No process of the compiler may import modules of the folder where the run started: more
    # threads would be such processes, and PyTorch tries vector instructions in another one.
    torch._inductor.config.compile_threads = 1
    os.environ["PYTHONSAFEPATH"] = "1"
    if "CXX" in os.environ:  # It may have been read before.
        torch._inductor.config.cpp.cxx = (None, os.environ["CXX"])
    # They would be in the folder for temporary files, whatever the cache is.
    torch._inductor.config.cpp_cache_precompile_headers = False
    torch._dynamo.config.recompile_limit = _MOST_VARIANTS
    # The lengths of packed documents are others in each batch.
    attention.attend_documents = torch.compiler.disable(attention.attend_documents)
    model.run_block = torch.compile(model.run_block, dynamic=lengths_vary or None)


@contextmanager
def naming_compiler() -> Generator[None, None, None]:
    """Turn errors of the compiler into one message."""
    try:
        yield
    except RuntimeError as error:
        if not any(kind.__name__ == "TorchDynamoException" for kind in type(error).__mro__):
            raise
        # The first line names the compiler, the second one its error.
        said = " ".join([line for line in str(error).splitlines() if line.strip()][:2])
        raise RunError(
            f"`torch.compile` failed: {shortened(said, _LONGEST)}",
            advice="write `compile: false`",
            config_path=_KEY,
        ) from error


def require_compiler(device: torch.device) -> None:
    """Refuse to compile without what it needs.

    Raises:
        RunError: the compiler, or a safe Python, is missing.
    """
    if sys.version_info < (3, 11):
        # It ignores PYTHONSAFEPATH, so the compiler's processes would import the folder's modules.
        raise _missing("Python 3.11 or later", "train with a newer Python")
    if device.type == "cuda":
        if sys.platform == "win32":
            # No script can start Triton's compiler in another folder there.
            raise _missing("another system than Windows for a GPU", "train on Linux")
        if importlib.util.find_spec("triton") is None:
            raise _missing("the package `triton`", "install it")
        variable, what = "CC", "a C compiler"
    else:
        variable, what = "CXX", "a C++ compiler"
    if find_compiler(variable):
        return
    how = {
        "darwin": "install it with `xcode-select --install`",
        "win32": "install the build tools of Visual Studio",
    }.get(sys.platform, "install the package g++ of your system")
    raise _missing(what, how)


def _missing(what: str, how: str) -> RunError:
    return RunError(
        f"`compile` needs {what}, which is not here",
        advice=f"{how}, or write `compile: false`",
        config_path=_KEY,
    )
