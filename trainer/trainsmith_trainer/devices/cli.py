"""`trainsmith devices`."""

from __future__ import annotations

import click

from trainsmith_system.terminal import say
from trainsmith_trainer.formatting import json_lines


@click.command()
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The output format.",
)
def devices(output: str) -> None:
    """Show what this machine can train on.

    Boards, GPUs and the CPU with their memory; which backends are complete; and which one `auto`
    picks, and why. Nothing is opened or computed.
    """
    from trainsmith_trainer.devices.lines import lines_of
    from trainsmith_trainer.devices.report import device_report

    report = device_report()
    say(*(json_lines(report) if output == "json" else lines_of(report)))
