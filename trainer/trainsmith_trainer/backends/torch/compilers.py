"""The compilers that PyTorch and Triton start, in a folder of our own instead of the current one.

A linker looks for some files in its current folder first: `libgcc_s.so` of GCC names
`libgcc_s.so.1`. In a stranger's folder, such a file would become part of the compiled code. Triton
starts the compiler in the current folder, also for operations of PyTorch that no recipe compiles.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
from pathlib import Path

from trainsmith_system.children import program_in_path
from trainsmith_system.writing import write_file
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.user_cache import VARIABLE, cache_folder

_NAMES = {
    "CC": ("gcc", "clang"),
    "CXX": {"darwin": ("clang++",), "win32": ("cl",)}.get(sys.platform, ("g++", "clang++")),
}
"""The variables that name a compiler, and the programs that PyTorch and Triton start without."""


def find_compiler(variable: str) -> str | None:
    """The absolute path of the compiler that `CC` or `CXX` names, or else of the usual one."""
    named = os.environ.get(variable)
    if named and Path(named).name != named:
        return shutil.which(str(Path(named).absolute()))
    return next(filter(None, map(program_in_path, [named] if named else _NAMES[variable])), None)


def enclose_compilers() -> None:
    """Let libraries start compilers in a folder of our own, by the variables `CC` and `CXX`.

    Sources and results have absolute paths there, so that the current folder does not matter.

    Raises:
        RunError: the cache folder cannot be written.
    """
    if os.name == "nt":
        # A program's name without a folder would mean one in the current folder first.
        os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"
        return
    for variable in _NAMES:
        if compiler := find_compiler(variable):
            os.environ[variable] = str(_starter(compiler))


def _starter(compiler: str) -> Path:
    """A script that starts a compiler in the script's own folder."""
    folder = cache_folder().absolute().with_name("compilers")
    if folder in Path(compiler).parents:  # The process that started this one has made it.
        return Path(compiler)
    # Only the name says to PyTorch which kind of compiler it is.
    script = folder / hashlib.sha256(os.fsencode(compiler)).hexdigest()[:16] / Path(compiler).name
    inside, program = shlex.quote(str(script.parent)), shlex.quote(compiler)
    content = os.fsencode(f'#!/bin/sh\ncd {inside} && exec {program} "$@"\n')
    try:
        script.parent.mkdir(parents=True, exist_ok=True)
        write_file(script, content, permissions=0o755)
    except OSError as error:
        raise RunError(
            f"the cache folder {script.parent} cannot be written: {error.strerror}",
            advice=f"make it writable, or name another one in the environment variable {VARIABLE}",
        ) from error
    return script
