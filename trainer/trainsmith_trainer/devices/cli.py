"""`trainsmith devices`."""

from __future__ import annotations

import click

from trainsmith_system.terminal import say
from trainsmith_trainer.formatting import json_lines
from trainsmith_trainer.output_format import format_option


@click.command()
@format_option()
def devices(output: str) -> None:
    """Show what this machine can train on.

    Boards, GPUs and the CPU with their memory; which backends are complete; and which one `auto`
    picks, and why. Nothing is opened or computed.
    """
    from trainsmith_trainer.devices.lines import lines_of
    from trainsmith_trainer.devices.report import device_report

    report = device_report()
    say(*(json_lines(report) if output == "json" else lines_of(report)))
