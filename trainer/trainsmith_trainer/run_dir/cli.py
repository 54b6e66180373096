"""`trainsmith merge` and `trainsmith stop`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from trainsmith_schemas.runs.layout import EVENTS, STOP
from trainsmith_system.lock import is_held
from trainsmith_system.terminal import say
from trainsmith_system.text import one_line
from trainsmith_system.writing import require_own_folder, write_file, write_folder
from trainsmith_trainer.requirements import FOR_CHECKPOINTS, require_modules
from trainsmith_trainer.run_dir.lookup import BASE_OPTION, PARENT_OPTION, folder_of


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@PARENT_OPTION
@BASE_OPTION
def merge(run: str, folder: Path, parent: Path, base: Path | None) -> None:
    """Add LoRA's matrices to the weights that they adapt, and write the whole model to FOLDER.

    RUN is the folder or the name of a run with LoRA, or a folder that PEFT wrote. The result is a
    model's folder for `transformers`, or for the `model_path` of another run.
    """
    found = folder_of(run, parent)
    require_modules(FOR_CHECKPOINTS)
    from trainsmith_schemas.families.description import UnreadableModelError
    from trainsmith_trainer.hf.merge import merged_files
    from trainsmith_trainer.hf.model_dir import is_adapter
    from trainsmith_trainer.run_dir.create import model_in

    adapter = model_in(found)
    if adapter is None or not is_adapter(adapter):
        message = f"{adapter or found} has no LoRA matrices to merge"
        raise click.BadParameter(one_line(message), param_hint="RUN")
    if os.path.lexists(folder):
        message = f"{folder} exists: name a new folder"
        raise click.BadParameter(one_line(message), param_hint="FOLDER")
    try:
        files = merged_files(adapter, base)
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        write_folder(folder, files)
    except UnreadableModelError as error:
        raise click.ClickException(one_line(str(error))) from None
    except OSError as error:
        raise click.ClickException(one_line(f"{error.filename}: {error.strerror}")) from None
    say(f"wrote {folder}")


@click.command()
@click.argument("run", metavar="RUN")
@PARENT_OPTION
def stop(run: str, parent: Path) -> None:
    """Stop a run after its current step.

    RUN is the folder or the name of a run that any program trains. It saves a checkpoint before it
    ends, so it can be resumed.
    """
    folder = folder_of(run, parent)
    if not is_held(folder / EVENTS):
        raise click.ClickException(one_line(f"{folder} is not running"))
    try:
        require_own_folder(folder)
        write_file(folder / STOP, b"")
    except OSError as error:
        raise click.ClickException(one_line(f"{error.filename}: {error.strerror}")) from None
    say(one_line(f"{folder.name} stops after its current step, and saves a checkpoint"))
