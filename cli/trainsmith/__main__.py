"""`trainsmith` and `python -m trainsmith`: run each subcommand from the package that defines it."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass

import click

from trainsmith_schemas import __version__


@dataclass(frozen=True)
class _Lazy:
    module: str
    attribute: str
    help: str


_SERVER = "trainsmith_server.command_line.cli"
_TRAINER = "trainsmith_trainer.cli"
_COMMANDS = {
    "check": _Lazy(_SERVER, "check", "Check training recipes and model files."),
    "convert": _Lazy(_SERVER, "convert", "Write a recipe for another trainer."),
    "devices": _Lazy(
        "trainsmith_trainer.devices.cli", "devices", "Show what this machine can train on."
    ),
    "data": _Lazy(_TRAINER, "show_data", "Show what the trainer sees of a recipe's data."),
    "train": _Lazy(_TRAINER, "train", "Train the model that a recipe describes."),
    "stop": _Lazy("trainsmith_trainer.run_dir.cli", "stop", "Stop a run after its current step."),
    "runs": _Lazy("trainsmith_trainer.history.cli", "runs", "List the runs in a folder."),
    "compare": _Lazy("trainsmith_trainer.history.cli", "compare", "Compare runs."),
    "generate": _Lazy(_TRAINER, "generate", "Generate text with a trained model."),
    "merge": _Lazy(
        "trainsmith_trainer.run_dir.cli", "merge", "Merge LoRA's matrices into a whole model."
    ),
    "lsp": _Lazy(_SERVER, "lsp", "Run the language server on stdin and stdout."),
}


class _LazyGroup(click.Group):
    """A group that imports a subcommand only when it is called, so that `--help` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = _COMMANDS.get(cmd_name)
        if command is None:
            return None
        # Searching all installed packages for plugins takes as long as `trainsmith --help`.
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
        return getattr(importlib.import_module(command.module), command.attribute)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except MemoryError:
            raise click.ClickException(
                "the memory is too small for this: close other programs, or use smaller files"
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in _COMMANDS.items()])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trainsmith")
def main() -> None:
    """Train models from YAML recipes, and check the recipes while you write them."""


if __name__ == "__main__":
    main(prog_name="trainsmith")
