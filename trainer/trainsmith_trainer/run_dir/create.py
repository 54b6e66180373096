"""A run's folder: its name, creating it, and finding the model in it."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from trainsmith_schemas.runs.layout import CHECKPOINTS, EVENTS, FINAL, SMOKE_MARK
from trainsmith_system.lock import is_held
from trainsmith_system.writing import remove_folder, write_file
from trainsmith_trainer.errors import RunError, RunNameError
from trainsmith_trainer.hf.model_dir import is_adapter
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in

_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\..*)?", re.I)
_NAME = re.compile(r"\w[\w .+=-]*")


def run_name(parent: Path, stem: str, name: str | None, *, smoke: bool = False) -> str:
    """The name of the next run.

    Args:
        parent: the recipe's `checkpoint_dir`.
        stem: the recipe's file name without its extension; the default name starts with it.
        name: the name that the user chose, if any.
        smoke: whether the run is a smoke run.

    Raises:
        RunNameError: the name is taken or is not a valid file name.
    """
    # A default name is not checked: the recipe's own name is a file name, in whatever script.
    if name is None and not smoke:
        number = 1 + max((_number(path.name, stem) for path in parent.glob("*")), default=0)
        return f"{stem}-{number:03d}"
    if name is None:
        name = f"{stem}-smoke"
    else:
        check_name(name)
    if os.path.lexists(parent / name):
        raise RunNameError(
            f"{parent / name} exists already: choose another --name, continue it with --resume, "
            "or remove that run"
        )
    return name


def is_in(parent: Path, name: str) -> bool:
    """Whether a folder has an entry of exactly this name."""
    return parent.is_dir() and any(path.name == name for path in parent.iterdir())


def check_name(name: str) -> None:
    """Raise `RunNameError` for a name that is not a folder name on every system."""
    if not _NAME.fullmatch(name):
        raise RunNameError(
            f"{name!r} cannot be a run's name: use letters, digits, spaces and . _ - + ="
        )
    if name.endswith((" ", ".")) or _DEVICE.fullmatch(name):
        raise RunNameError(
            f"{name!r} cannot be a run's name on Windows: use a name that is not a device's, such "
            "as `nul`, and does not end in a space or a dot"
        )


def make_run_folder(parent: Path, stem: str, name: str | None, *, smoke: bool = False) -> Path:
    """Create a new folder; the arguments are those of `run_name`.

    Raises:
        RunNameError: the name is taken or is not a valid file name.
        RunError: no folder can be created in `parent`.
        OSError: the disk is full.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        while True:
            folder = parent / run_name(parent, stem, name, smoke=smoke)
            try:
                folder.mkdir()
            except FileExistsError:
                continue  # Another run started at the same moment.
            else:
                return folder
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise RunError(
            f"no run folder can be created in {parent}: {error.strerror}",
            advice="name a folder that you may write to",
            config_path="training_config.checkpoint_dir",
        ) from None


def make_smoke_folder(parent: Path, stem: str, name: str | None) -> Path:
    """Create the folder of a smoke run; it replaces a previous smoke run, and nothing else.

    Raises:
        RunNameError: the name belongs to another kind of run, to a run that is still running, or
            is not a valid file name.
        RunError: no folder can be created in `parent`.
        OSError: the disk is full.
    """
    before = parent / (name or f"{stem}-smoke")
    if (before / SMOKE_MARK).is_file():
        if is_held(before / EVENTS):
            raise RunNameError(f"{before} is running in another process: choose another --name")
        remove_folder(before)
    folder = make_run_folder(parent, stem, name, smoke=True)
    write_file(folder / SMOKE_MARK, b"The next smoke run replaces this folder.\n")
    return folder


def model_in(folder: Path) -> Path | None:
    """The final model of a run's folder, else its newest checkpoint; a model's folder as it is."""
    if (folder / "model.safetensors").is_file() or is_adapter(folder):
        return folder
    if (folder / FINAL).is_dir():
        return folder / FINAL
    found = checkpoints_in(folder / CHECKPOINTS)
    return found[-1] if found else None


def _number(name: str, stem: str) -> int:
    rest = name.removeprefix(f"{stem}-")
    return int(rest) if rest != name and rest.isdecimal() else 0
