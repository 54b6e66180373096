"""The folder of a run: its name, making it, and finding the model in it."""

from __future__ import annotations

import re
from pathlib import Path

from trainsmith_trainer.checkpoint import checkpoints_in

FINAL = "final"
CHECKPOINTS = "checkpoints"

_NAME = re.compile(r"\w[\w .+=-]*", re.ASCII)


class RunNameError(ValueError):
    """A run cannot have this name."""


def make_run_folder(parent: Path, stem: str, name: str | None) -> Path:
    """Make a folder that no run has used.

    Args:
        parent: the recipe's `checkpoint_dir`.
        stem: the recipe's file name without its ending; the default name begins with it.
        name: the name that the user wants, if any.

    Raises:
        RunNameError: the name is taken or is no file name.
        OSError: the folder cannot be made.
    """
    if name is not None:
        return _make_named(parent, name)
    number = 1 + max((_number(path.name, stem) for path in parent.glob("*")), default=0)
    while True:
        folder = parent / f"{stem}-{number:03d}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1  # Another run began at the same moment.
        else:
            return folder


def model_in(folder: Path) -> Path | None:
    """The model in a run's folder: the final one, else its newest checkpoint's; or the folder."""
    if (folder / "model.safetensors").is_file():
        return folder
    if (folder / FINAL).is_dir():
        return folder / FINAL
    found = checkpoints_in(folder / CHECKPOINTS)
    return found[-1] if found else None


def _make_named(parent: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise RunNameError(
            f"{name!r} cannot be a run's name: letters, digits, spaces and . _ - + = can"
        )
    folder = parent / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise RunNameError(
            f"{folder} exists already: choose another --name, or remove that run"
        ) from None
    return folder


def _number(name: str, stem: str) -> int:
    rest = name.removeprefix(f"{stem}-")
    return int(rest) if rest != name and rest.isdecimal() else 0
