"""What ttnn needs here: a board or a simulator, the package, its compiler. Imports no ttnn.

ttnn itself is asked last, in a process of its own with a time limit: what it does on a machine with
a broken driver ranges from an exception to the end of the process.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trainsmith_system.children import LateError, NoAnswerError, file_of_module
from trainsmith_system.text import one_line, shortened
from trainsmith_trainer.backends.ttnn.count_devices import Answer
from trainsmith_trainer.backends.ttnn.environment import MOCK, SIMULATOR, child_environment

BOARDS = Path("/dev/tenstorrent")
"""The folder of the driver's devices."""
_SHARED_COMPILER = Path("/opt/tenstorrent/sfpi")
_PYTHONS = ((3, 10), (3, 12))
"""The versions for which ttnn 0.81 has a package."""
_MODULE = "trainsmith_trainer.backends.ttnn.count_devices"
_SECONDS = 60.0
"""ttnn answers within a few seconds; a board that is being reset does not answer."""
_MOST = 65_536


@dataclass(frozen=True)
class Found:
    """What there is on this machine."""

    boards: tuple[str, ...]
    """The driver's devices: `/dev/tenstorrent/0`."""
    simulator: str
    """The library that simulates a board; empty without one."""
    mock: str
    """The description of a mock cluster, on which nothing is computed; empty without one."""
    package: Path | None
    """The folder of the package `ttnn`."""
    compiler: Path | None
    """The folder of SFPI, which compiles what runs on a board."""


def look() -> Found:
    """Look at the file system and the environment only."""
    spec = importlib.util.find_spec("ttnn")
    package = Path(spec.origin).parent if spec and spec.origin else None
    places = [_SHARED_COMPILER, *([package / "runtime" / "sfpi"] if package else [])]
    return Found(
        tuple(sorted(str(device) for device in BOARDS.glob("*"))),
        os.environ.get(SIMULATOR, ""),
        os.environ.get(MOCK, ""),
        package,
        next((place for place in places if (place / "compiler").is_dir()), None),
    )


def missing(found: Found, system: str = sys.platform) -> str:
    """Everything that is missing, and how to get it; empty if nothing is."""
    if system != "linux":
        return f"ttnn exists for Linux only, and this is {system}; use `--backend torch`"
    if found.mock:
        return (
            f"the environment variable {MOCK} describes a mock cluster, on which nothing is "
            "computed: unset it"
        )
    lacks = [*_lacks(found)]
    return "; ".join([*lacks, "or use `--backend torch`"]) if lacks else ""


def _lacks(found: Found) -> list[str]:
    lacks: list[str] = []
    if not found.boards and not found.simulator:
        lacks.append(
            "there is no Tenstorrent board (/dev/tenstorrent has no device): install the board "
            "and its driver tt-kmd"
        )
    elif found.simulator and not Path(found.simulator).is_file():
        lacks.append(
            f"{SIMULATOR} names {found.simulator}, which is not a file: correct or unset it"
        )
    if found.package is None:
        lacks.append(f"the package `ttnn` is not installed: {_how_to_install()}")
    if found.compiler is None:
        how = (
            "run `python -m ttnn.download_sfpi`" if found.package else "it is installed after ttnn"
        )
        lacks.append(
            "the compiler SFPI is missing, without which nothing runs on a board: "
            f"{how}, or install it in {_SHARED_COMPILER}"
        )
    return lacks


def _how_to_install() -> str:
    here = sys.version_info[:2]
    command = 'pip install ttnn "numpy<2"'
    if here in _PYTHONS:
        return f"run `{command}`"
    versions = " or ".join(f"{major}.{minor}" for major, minor in _PYTHONS)
    return (
        f"use Python {versions}, because it does not exist for {here[0]}.{here[1]}, and `{command}`"
    )


@cache
def unanswered() -> str:
    """Why ttnn finds no device, as it says itself in another process; empty if it finds one."""
    with tempfile.TemporaryDirectory(prefix="trainsmith-ttnn-") as name:
        scratch = Path(name)
        environment = child_environment(scratch)
        try:
            answer = file_of_module(
                _MODULE, scratch, environment=environment, seconds=_SECONDS, most=_MOST
            )
        except LateError as error:
            return f"the board {error}: reset it with `tt-smi -r`"
        except NoAnswerError as error:
            return f"ttnn {error} while it looked for boards: run `tt-smi`"
    found = Answer.model_validate_json(answer)
    return "" if found.devices else f"ttnn finds no board: {shortened(one_line(found.why), 300)}"
