"""`trainsmith runs` and `trainsmith compare`."""

from __future__ import annotations

from pathlib import Path

import click

from trainsmith_system.terminal import say
from trainsmith_system.text import one_line
from trainsmith_trainer.formatting import json_lines
from trainsmith_trainer.output_format import format_option
from trainsmith_trainer.run_dir.lookup import PARENT_OPTION, folder_of

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER, default=Path("checkpoints"), metavar="[FOLDER]")
@format_option()
def runs(folder: Path, output: str) -> None:
    """List the runs in FOLDER, a recipe's checkpoint_dir, newest first.

    Each is shown with its losses, and with what changed since the previous run of the same recipe.
    """
    from trainsmith_trainer.history.all_runs import runs_in
    from trainsmith_trainer.history.listing import list_lines

    answer = runs_in(folder)
    say(*(json_lines(answer) if output == "json" else list_lines(answer)))


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="RUN RUN…")
@PARENT_OPTION
@click.option(
    "--curves",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The picture with all curves. Default: comparison.png next to the first run.",
)
@click.option("--no-curves", "plain", is_flag=True, help="Draw no picture.")
@format_option()
def compare(
    folders: tuple[str, ...], parent: Path, curves: Path | None, plain: bool, output: str
) -> None:
    """Compare runs: the settings that differ in meaning, the losses, the curves.

    RUN is a run's folder, or its name.
    """
    from trainsmith_trainer.history.comparison import UnknownRunError
    from trainsmith_trainer.history.comparison import compare as compare_runs
    from trainsmith_trainer.history.listing import comparison_lines
    from trainsmith_trainer.history.plots import start_drawing, wait_for_drawing

    if len(folders) < 2:
        raise click.UsageError("name at least two runs")
    found = [folder_of(name, parent) for name in folders]
    picture = None if plain else curves or found[0].parent / "comparison.png"
    try:
        answer = compare_runs(found)
        complaint = wait_for_drawing(start_drawing(picture, found)) if picture else None
    except UnknownRunError as error:
        raise click.ClickException(one_line(str(error))) from None
    if complaint:
        say(f"warning: {picture} was not drawn: {complaint}", error=True)
    elif picture:
        answer = answer.model_copy(update={"curves": picture.as_posix()})
    say(*(json_lines(answer) if output == "json" else comparison_lines(answer)))
