"""The subcommands of `trainsmith` in this package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from trainsmith_schemas.trainers.names import CONVERTIBLE_TO, Trainer
from trainsmith_system.terminal import say

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
    help="text for people, json for programs, sarif for code scanning, github for GitHub Actions.",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes to the files.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, without changing it.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option(
    "--profile",
    type=click.Choice(get_args(Trainer)),
    help="The trainer to check for, unless a file selects one itself.",
)
@click.option("--stdin-filename", default="<stdin>", help="The file name for the text from `-`.")
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

    PATH is a file, a folder, a pattern such as 'configs/**/*.yaml', or - for stdin. In a folder,
    all *.yaml and *.yml files that Trainsmith recognises are checked; others are skipped. A
    .trainsmith.yaml in the files' folder or a parent folder sets the profile and the rules' levels.

    \b
    Exit status: 0  no errors (there may be warnings); with --diff: nothing to change
                 1  at least one error; with --diff: something to change
                 2  a path can't be read, or an option is wrong
    """  # noqa: D301 - Click reads the backspace.
    from trainsmith_server.command_line.check import CheckOptions, check_paths

    if fix and diff:
        raise click.UsageError("--fix changes the files and --diff does not: use only one of them")
    options = CheckOptions(output_format, fix, diff, strict, profile, stdin_filename)
    sys.exit(check_paths(paths, options))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "trainer",
    type=click.Choice(CONVERTIBLE_TO),
    required=True,
    help="The trainer to convert to.",
)
@click.option("--diff", is_flag=True, help="Print a diff instead of the result.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write the result to a file.")
def convert(file: Path, trainer: Trainer, diff: bool, output: Path | None) -> None:
    """Convert the recipes in FILE to another trainer.

    Keys that the trainer reads under another name are renamed or moved, with their comments. Keys
    that it does not read become comments.
    """
    from trainsmith_server.command_line.converting import ConversionError, convert_file

    if diff and output:
        raise click.UsageError("--diff prints and --output writes: use only one of them")
    try:
        convert_file(file, trainer, output, diff=diff)
    except ConversionError as error:
        say(f"error: {error}", error=True)
        sys.exit(2)


@click.command()
@click.option("--stdio", is_flag=True, hidden=True, help="Passed by clients; stdio is always used.")
def lsp(stdio: bool) -> None:
    """Run the language server on stdin and stdout."""
    from trainsmith_server.lsp.main import serve

    del stdio
    serve()
