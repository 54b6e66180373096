"""The commands that this package gives to `trainsmith`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from trainsmith_schemas.trainers.names import CONVERTIBLE_TO, Trainer

if TYPE_CHECKING:
    from trainsmith_server.command_line.check import Format


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="For people, for programs, for code scanning, for GitHub Actions.",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes to the files.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option(
    "--profile",
    type=click.Choice(get_args(Trainer)),
    help="The trainer to judge for, unless a file names another itself.",
)
@click.option("--stdin-filename", default="<stdin>", help="What to call the text of `-`.")
def check(
    paths: tuple[str, ...],
    output_format: Format,
    fix: bool,
    diff: bool,
    strict: bool,
    profile: Trainer | None,
    stdin_filename: str,
) -> None:
    """Check training recipes and model files.

    PATH is a file, a folder, a pattern such as 'configs/**/*.yaml', or - for stdin. In folders
    every *.yaml and *.yml that is a document of Trainsmith is checked; all others are left alone.
    A .trainsmith.yaml beside the files or above them chooses the profile and the levels of rules.

    \b
    Exit status: 0  no errors (there may be warnings); with --diff: nothing to change
                 1  at least one error; with --diff: something to change
                 2  a path that cannot be read, or a wrong option
    """  # noqa: D301 - Click reads the backspace.
    from trainsmith_server.command_line.check import CheckOptions, check_paths

    if fix and diff:
        raise click.UsageError("--fix changes the files and --diff does not: take one of them")
    options = CheckOptions(output_format, fix, diff, strict, profile, stdin_filename)
    sys.exit(check_paths(paths, options))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "trainer",
    type=click.Choice(CONVERTIBLE_TO),
    required=True,
    help="The trainer that is to read it.",
)
@click.option("--diff", is_flag=True, help="Print what changes instead of the result.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the result here.")
def convert(file: Path, trainer: Trainer, diff: bool, output: Path | None) -> None:
    """Write the recipes of FILE for another trainer.

    Keys that it knows by another name are renamed or moved, with their comments. Keys that it does
    not read stay as comments.
    """
    from trainsmith_server.command_line.converting import ConversionError, convert_file

    if diff and output:
        raise click.UsageError("--diff prints and --output writes: take one of them")
    try:
        convert_file(file, trainer, output, diff=diff)
    except ConversionError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


@click.command()
@click.option(
    "--stdio", is_flag=True, hidden=True, help="What clients pass; there is no other way."
)
def lsp(stdio: bool) -> None:
    """Run the language server on stdin and stdout."""
    from trainsmith_server.lsp.startup import prepare

    prepare()
    from trainsmith_server.lsp.main import serve

    del stdio
    serve()
