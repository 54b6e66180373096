"""Runs on the command line: by their folder, or by their name."""

from __future__ import annotations

from pathlib import Path

import click

PARENT_OPTION = click.option(
    "--in",
    "parent",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("checkpoints"),
    show_default=True,
    help="Where runs lie that are given by their names.",
)


def folder_of(run: str, parent: Path) -> Path:
    """The folder of a run that is given by its folder or by its name in `parent`.

    Raises:
        click.BadParameter: there is neither.
    """
    candidates = (Path(run), parent / run)
    found = next((path for path in candidates if path.is_dir()), None)
    if found is None:
        raise click.BadParameter(
            f"there is no run {run!r}: looked for {' and '.join(map(str, candidates))}"
        )
    return found
