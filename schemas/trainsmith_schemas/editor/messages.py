"""What the custom requests between the editor and the server carry."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DocumentParams(_Message):
    """Ask about a document, open or not."""

    uri: str
    """The document's URI."""


class MissingFile(_Message):
    """A file that a run needs and that is not there."""

    key: str
    """The key that names it, with its section."""
    written: str
    """The path as it is written; empty where the key is absent."""


class RunPlan(_Message):
    """What Run Training needs to know of a document: the answer of `trainsmith/runPlan`."""

    document: str | None
    """The kind of document, `training` for a recipe; `None` for any other file."""
    checkpointDir: str  # noqa: N815 - LSP writes names in camel case.
    """The folder of the runs, relative to the working directory."""
    errors: int
    """How many errors the document has; the trainer would refuse it."""
    warnings: int
    missing: list[MissingFile]
    """The data or the model file, where a run would not find it."""


class Setting(_Message):
    """A setting of a recipe or of its model file. `trainsmith/settings` answers with all."""

    key: str
    """The key with its section, as the trainer's `--set` takes it."""
    value: str
    """Its value as YAML: as it is written, or else the default; empty where there is none."""
    written: bool
    """It stands in the file."""
    about: str
    """What it does, in a sentence or two."""
    expected: str
    """What may be written, in words: `a whole number, at least 1`."""
    choices: list[str]
    """All that may be written, where there are only so many."""


class OverrideParams(_Message):
    """A recipe and settings for one run: `trainsmith/checkOverrides` and its like."""

    uri: str
    """The recipe's URI."""
    overrides: list[str]
    """Each as the trainer's `--set` takes it: `training_config.batch_size=16`."""


class OverrideProblem(_Message):
    """What overrides would make wrong: `trainsmith/checkOverrides` answers with all."""

    severity: Literal["error", "warning", "information"]
    message: str


class ProfileChoice(_Message):
    """A trainer that a document can be judged for."""

    name: str
    """The name in settings and comments."""
    title: str
    """The name in sentences."""
    about: str
    """Which programs it stands for, as Markdown."""


class DocumentStatus(_Message):
    """What a document is and whom it is judged for: the answer of `trainsmith/documentStatus`."""

    document: str | None
    """The kind of document; `None` for a file that is not ours."""
    profile: ProfileChoice | None
    """The trainer that it is judged for; `None` for a file that is not ours."""
    chosenBy: Literal["comment", "settings", "keys"]  # noqa: N815
    """What says so: a comment in it, the editor's or the project's settings, or its own keys."""
    choices: list[ProfileChoice]
    """The trainers that read such a document."""


class Run(_Message):
    """A run of a recipe, as its folder tells. `trainsmith/runs` answers with the newest first."""

    name: str
    folder: str
    """The absolute path of the run's folder."""
    started: float
    """Seconds since 1970."""
    smoke: bool
    """It is a short run that tries everything."""
    state: Literal["unfinished", "finished", "stopped", "failed"]
    """How it ended; an unfinished one is under way, or was killed."""
    step: int
    """The last step that it took."""
    totalSteps: int  # noqa: N815
    """Steps after which it ends."""
    loss: float | None
    """The training loss of that step."""
    validationLoss: float | None  # noqa: N815
    """The last validation's loss."""


class Template(_Message):
    """Text to begin with."""

    label: str
    about: str
    text: str


class Templates(_Message):
    """What a new recipe is made from: the answer of `trainsmith/templates`."""

    recipes: list[Template]
    """Whole recipes, each with the `device_config` of one device at its end."""
    devices: list[Template]
    """The `device_config` of each board, whose name is the label."""
    model: str
    """A model file."""


MESSAGES: tuple[type[BaseModel], ...] = (
    DocumentParams,
    OverrideParams,
    OverrideProblem,
    Setting,
    RunPlan,
    DocumentStatus,
    Run,
    Templates,
)
