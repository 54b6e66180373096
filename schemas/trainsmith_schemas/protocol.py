"""The names that the editor, the server and the manifest share."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

LANGUAGE_SERVER_ID = "trainsmith"
TASK_TYPE = "trainsmith"


@dataclass(frozen=True)
class Command:
    """A command of the palette."""

    id: str
    title: str
    icon: str | None = None
    when: str | None = None
    """Where the palette offers it, as a VS Code `when` clause."""


CATEGORY = "Trainsmith"
COMMANDS = (
    Command("trainsmith.runTraining", "Run Training", icon="$(play)", when="editorLangId == yaml"),
    Command("trainsmith.openLesson", "Open Lesson", icon="$(mortar-board)"),
    Command("trainsmith.restartServer", "Restart Language Server"),
)

RUN_PLAN = "trainsmith/runPlan"


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class RunPlanParams(_Message):
    """Ask what Run Training would do with a document."""

    uri: str
    """The document's URI."""


class RunPlan(_Message):
    """What Run Training needs to know of a document."""

    document: str | None
    """The kind of document, `training` for a recipe; `None` for any other file."""
    checkpointDir: str  # noqa: N815 - LSP writes names in camel case.
    """The folder of the runs, relative to the working directory."""
    errors: int
    """How many errors the document has; the trainer would refuse it."""
    warnings: int
