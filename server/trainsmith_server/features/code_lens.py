"""Run Training, one click above a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from trainsmith_schemas.documents import TRAINING
from trainsmith_schemas.protocol import COMMANDS, Command
from trainsmith_server.analysis.bind import find, key_span
from trainsmith_server.analysis.result import Analysis
from trainsmith_server.analysis.tree import Span

_RUN = next(command for command in COMMANDS if command.id == "trainsmith.runTraining")


@dataclass(frozen=True, slots=True)
class Lens:
    """A command above a line, about the document that it stands in."""

    span: Span
    command: Command


def code_lenses(analysis: Analysis) -> tuple[Lens, ...]:
    """The commands of a file that can be run: a recipe, alone in its file."""
    if len(analysis.tree.documents) != 1 or analysis.kind is not TRAINING:
        return ()
    entry = find(analysis.documents[0].document.root, ("training_config",))
    return (Lens(key_span(entry.entry), _RUN),) if entry and entry.entry else ()
