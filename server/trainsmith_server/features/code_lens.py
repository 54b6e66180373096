"""Code lenses: commands above a recipe, and the outcome of its last run."""

from __future__ import annotations

from dataclasses import dataclass

from trainsmith_schemas.editor.commands import Command, command
from trainsmith_schemas.editor.messages import Run
from trainsmith_schemas.quantities import loss_text
from trainsmith_schemas.sections.documents import TRAINING
from trainsmith_server.document.bind import find, key_span
from trainsmith_server.document.result import Analysis
from trainsmith_server.yaml.tree import Span

_RUN = command("runTraining")
_DRY_RUN = command("dryRun")
_DATA = command("showData")
_COMPARE = command("compareWithLastRun")
_SHOW = command("showTraining")
_STOP = command("stopTraining")
_RESUME = command("resumeTraining")


@dataclass(frozen=True, slots=True)
class Lens:
    """A command above a line, for the document of that line."""

    span: Span
    command: Command
    title: str
    arguments: tuple[str, ...] = ()
    """The command's arguments after the document."""


def is_runnable(analysis: Analysis) -> bool:
    """Whether a file can be run: its only document is a recipe."""
    return len(analysis.tree.documents) == 1 and analysis.kind is TRAINING


def code_lenses(analysis: Analysis, last: Run | None) -> tuple[Lens, ...]:
    """The commands above a recipe.

    Args:
        analysis: the file.
        last: the newest run of the recipe.
    """
    if not is_runnable(analysis):
        return ()
    root = analysis.documents[0].document.root
    place = find(root, ("training_config",))
    if place is None or place.entry is None:
        return ()
    span = key_span(place.entry)
    has_data = find(root, ("training_config", "data_path")) is not None
    shows_data = has_data and analysis.trainer == "trainsmith"
    commands = (_RUN, _DRY_RUN, *((_DATA,) if shows_data else ()))
    lenses = [Lens(span, one, f"{one.icon} {one.title}") for one in commands]
    if last:
        lenses += [Lens(span, one, f"{one.icon} {one.title}") for one in (*_next(last), _COMPARE)]
        lenses.append(Lens(span, _SHOW, f"{_SHOW.icon} {_outcome(last)}", (last.folder,)))
    return tuple(lenses)


def _next(run: Run) -> tuple[Command, ...]:
    """What one may want to do with a run in its state."""
    match run.state:
        case "running":
            return (_STOP,)
        case "interrupted" | "stopped" | "failed":
            return (_RESUME,)
        case "finished":
            return ()


def _outcome(run: Run) -> str:
    """The outcome of a run, in a few words that are also true while it continues."""
    match run.state:
        case "running":
            return "Running"
        case "interrupted":
            return f"Last run: interrupted at step {run.step:,}{_loss(run)}"
        case "failed":
            return f"Last run: failed at step {run.step:,}"
        case "stopped":
            return f"Last run: stopped at step {run.step:,}{_loss(run)}"
        case "finished":
            return f"Last run:{_loss(run).removeprefix(',')}"


def _loss(run: Run) -> str:
    loss = "" if run.loss is None else f", loss {loss_text(run.loss, 3)}"
    measured = run.validationLoss
    validation = "" if measured is None else f", validation {loss_text(measured, 3)}"
    return loss + validation
