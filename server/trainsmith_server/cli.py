"""The commands that this package gives to `trainsmith`."""

from __future__ import annotations

import sys

import click


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
def check(paths: tuple[str, ...], output_format: str) -> None:
    r"""Check training recipes and model files.

    PATH is a file or a folder. In folders every *.yaml and *.yml that is a document of Trainsmith
    is checked; all others are left alone.

    \b
    Exit status: 0  no errors (there may be warnings)
                 1  at least one error
                 2  a path that cannot be read
    """
    from trainsmith_server.check import check_paths

    sys.exit(check_paths(paths, output_format))


@click.command()
@click.option(
    "--stdio", is_flag=True, hidden=True, help="What clients pass; there is no other way."
)
def lsp(stdio: bool) -> None:
    """Run the language server on stdin and stdout."""
    from trainsmith_server.app import serve

    del stdio
    serve()
