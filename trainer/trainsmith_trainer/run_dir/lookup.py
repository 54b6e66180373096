"""Finding runs on the command line, by folder or by name."""

from __future__ import annotations

from pathlib import Path

import click

from trainsmith_system.text import one_line

PARENT_OPTION = click.option(
    "--in",
    "parent",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("checkpoints"),
    show_default=True,
    help="The folder in which runs are looked up by name.",
)

BASE_OPTION = click.option(
    "--base",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="The model that LoRA's matrices adapt, if it is not where they say.",
)


def folder_of(run: str, parent: Path) -> Path:
    """The folder of a run, given that folder or a name in `parent`.

    Raises:
        click.BadParameter: neither exists.
    """
    candidates = (Path(run), parent / run)
    found = next((path for path in candidates if path.is_dir()), None)
    if found is None:
        raise click.BadParameter(
            one_line(f"there is no run {run!r}: looked for {' and '.join(map(str, candidates))}")
        )
    return found
