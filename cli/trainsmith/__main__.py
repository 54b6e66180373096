"""`trainsmith` and `python -m trainsmith`: hand each subcommand to the package that owns it."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from types import ModuleType

import click

from trainsmith_schemas import __version__


@dataclass(frozen=True)
class _Home:
    module: str
    attribute: str
    help: str


_SERVER = "trainsmith_server.command_line.cli"
_COMMANDS = {
    "check": _Home(_SERVER, "check", "Check training recipes and model files."),
    "convert": _Home(_SERVER, "convert", "Write a recipe for another trainer."),
    "train": _Home("trainsmith_trainer.cli", "train", "Train the model that a recipe describes."),
    "runs": _Home("trainsmith_trainer.history.cli", "runs", "List the runs in a folder."),
    "compare": _Home("trainsmith_trainer.history.cli", "compare", "Compare runs."),
    "generate": _Home("trainsmith_trainer.cli", "generate", "Let a trained model write text."),
    "lsp": _Home(_SERVER, "lsp", "Run the language server on stdin and stdout."),
}


def _without_plugins() -> None:
    """Let pydantic look for no plugins among all that is installed: none has business here.

    The search alone took as long as `trainsmith --help` does.
    """
    name = "pydantic.plugin._loader"
    if name not in sys.modules:
        loader = ModuleType(name)
        vars(loader)["get_plugins"] = lambda: ()
        sys.modules[name] = loader


class _LazyGroup(click.Group):
    """A group that imports a subcommand only when it is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = _COMMANDS.get(cmd_name)
        if home is None:
            return None
        _without_plugins()
        return getattr(importlib.import_module(home.module), home.attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, home.help) for name, home in _COMMANDS.items()])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="trainsmith")
def main() -> None:
    """Train models from YAML recipes, and check the recipes while they are written."""


if __name__ == "__main__":
    main(prog_name="trainsmith")
