"""The folder of a run: its name, making it, and finding the model in it."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from trainsmith_schemas.runs.layout import CHECKPOINTS, EVENTS, FINAL, SMOKE_MARK
from trainsmith_trainer.errors import RunError, RunNameError
from trainsmith_trainer.run_dir.checkpoint import checkpoints_in
from trainsmith_trainer.storage.atomic import remove_folder, write_file
from trainsmith_trainer.storage.lock import is_held

_NAME = re.compile(r"\w[\w .+=-]*")


def run_name(parent: Path, stem: str, name: str | None, *, smoke: bool = False) -> str:
    """The name that the next run gets.

    Args:
        parent: the recipe's `checkpoint_dir`.
        stem: the recipe's file name without its ending; the default name begins with it.
        name: the name that the user wants, if any.
        smoke: the run is a smoke run.

    Raises:
        RunNameError: the name is taken or is no file name.
    """
    # What is made of the recipe's own name is a file's name, whatever script it is written in.
    if name is None and not smoke:
        number = 1 + max((_number(path.name, stem) for path in parent.glob("*")), default=0)
        return f"{stem}-{number:03d}"
    if name is None:
        name = f"{stem}-smoke"
    else:
        check_name(name)
    if os.path.lexists(parent / name):
        raise RunNameError(
            f"{parent / name} exists already: choose another --name, go on with --resume, "
            "or remove that run"
        )
    return name


def is_in(parent: Path, name: str) -> bool:
    """Whether a folder has an entry of exactly this name."""
    return parent.is_dir() and any(path.name == name for path in parent.iterdir())


def check_name(name: str) -> None:
    """Raise `RunNameError` for a name that cannot be a folder's everywhere."""
    if not _NAME.fullmatch(name):
        raise RunNameError(
            f"{name!r} cannot be a run's name: letters, digits, spaces and . _ - + = can"
        )


def make_run_folder(parent: Path, stem: str, name: str | None, *, smoke: bool = False) -> Path:
    """Make a folder that no run has used; the arguments are those of `run_name`.

    Raises:
        RunNameError: the name is taken or is no file name.
        RunError: `parent` cannot hold a folder.
        OSError: the disk is full.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        while True:
            folder = parent / run_name(parent, stem, name, smoke=smoke)
            try:
                folder.mkdir()
            except FileExistsError:
                continue  # Another run began at the same moment.
            else:
                return folder
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise RunError(
            f"no run's folder can be made in {parent}: {error.strerror}",
            advice="name a folder that you may write to",
            config_path="training_config.checkpoint_dir",
        ) from None


def make_smoke_folder(parent: Path, stem: str, name: str | None) -> Path:
    """Make the folder of a smoke run; the one before it, and only such a one, is replaced.

    Raises:
        RunNameError: the name is that of another run, of one that is going on, or no file name.
        RunError: `parent` cannot hold a folder.
        OSError: the disk is full.
    """
    before = parent / (name or f"{stem}-smoke")
    if (before / SMOKE_MARK).is_file():
        if is_held(before / EVENTS):
            raise RunNameError(f"{before} is going on in another process: choose another --name")
        remove_folder(before)
    folder = make_run_folder(parent, stem, name, smoke=True)
    write_file(folder / SMOKE_MARK, b"The next smoke run replaces this folder.\n")
    return folder


def model_in(folder: Path) -> Path | None:
    """The model in a run's folder: the final one, else its newest checkpoint's; or the folder."""
    if (folder / "model.safetensors").is_file():
        return folder
    if (folder / FINAL).is_dir():
        return folder / FINAL
    found = checkpoints_in(folder / CHECKPOINTS)
    return found[-1] if found else None


def _number(name: str, stem: str) -> int:
    rest = name.removeprefix(f"{stem}-")
    return int(rest) if rest != name and rest.isdecimal() else 0
