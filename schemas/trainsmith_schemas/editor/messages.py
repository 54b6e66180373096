"""The parameters and results of the custom requests between the editor and the server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DocumentParams(_Message):
    """A document, open or not."""

    uri: str
    """The document's URI."""


class MissingFile(_Message):
    """A file that a run needs and that does not exist."""

    key: str
    """The key that names the file, with its section."""
    written: str
    """The path as it is written; empty if the key is absent."""


class RunPlan(_Message):
    """What Run Training needs to know about a document: the result of `trainsmith/runPlan`."""

    document: str | None
    """The kind of document, `training` for a recipe; `None` for any other file."""
    checkpointDir: str  # noqa: N815 - LSP uses camel case.
    """The folder of the runs, relative to the working directory."""
    errors: int
    """The number of errors in the document. With any, the trainer would refuse it."""
    warnings: int
    missing: list[MissingFile]
    """The files that a run would not find: data, model file."""


class Setting(_Message):
    """A setting in a recipe or its model file. `trainsmith/settings` returns all of them."""

    key: str
    """The key with its section, as in the trainer's `--set`."""
    value: str
    """Its value in YAML: as written, or else the default; empty if there is none."""
    written: bool
    """Whether the key is in the file."""
    about: str
    """What the setting does, in a sentence or two."""
    expected: str
    """The allowed values in words: `a whole number, at least 1`."""
    choices: list[str]
    """All allowed values, if there is a fixed set of them."""


class OverrideParams(_Message):
    """A recipe and its overrides: the parameters of `trainsmith/checkOverrides` and the like."""

    uri: str
    """The recipe's URI."""
    overrides: list[str]
    """As in the trainer's `--set`: `training_config.batch_size=16`."""


class OverrideProblem(_Message):
    """A problem that overrides would cause. `trainsmith/checkOverrides` returns all of them."""

    severity: Literal["error", "warning", "information"]
    message: str


class ProfileChoice(_Message):
    """A trainer that a document can be checked for."""

    name: str
    """The name in settings and comments."""
    title: str
    """The name in sentences."""
    about: str
    """The programs it stands for, as Markdown."""


class DocumentStatus(_Message):
    """A document's kind and profile: the result of `trainsmith/documentStatus`."""

    document: str | None
    """The kind of document; `None` for a file that is not ours."""
    profile: ProfileChoice | None
    """The trainer that it is checked for; `None` for a file that is not ours."""
    chosenBy: Literal["comment", "settings", "keys"]  # noqa: N815
    """What chose the profile: a comment in the document, settings, or the document's keys."""
    choices: list[ProfileChoice]
    """The trainers that read this kind of document."""


class Run(_Message):
    """A run of a recipe, as recorded in its folder. `trainsmith/runs` returns the newest first."""

    name: str
    folder: str
    """The absolute path of the run's folder."""
    started: float
    """Seconds since 1970."""
    smoke: bool
    """Whether it is a smoke run."""
    task: str | None
    """The identifier of VS Code's task that started or resumed it last, if one did."""
    lastStarted: float  # noqa: N815
    """When it was started or resumed last, in seconds since 1970."""
    config: str
    """The recipe's path as the trainer was given it."""
    state: Literal["running", "interrupted", "finished", "stopped", "failed"]
    """Whether it is running, in whatever program, or how it ended; `interrupted`: it was killed."""
    step: int
    """The last completed step."""
    totalSteps: int  # noqa: N815
    """The number of steps in the whole run."""
    loss: float | None
    """The training loss of the last step."""
    validationLoss: float | None  # noqa: N815
    """The loss of the last validation."""


class RunFolders(_Message):
    """Folders of runs: the parameters of `trainsmith/runningRuns`."""

    folders: list[str]
    """Absolute paths."""


class Template(_Message):
    """A text to start with."""

    label: str
    about: str
    text: str


class Templates(_Message):
    """What new recipes are made from: the result of `trainsmith/templates`."""

    recipes: list[Template]
    """Whole recipes, each ending with the `device_config` for one device."""
    devices: list[Template]
    """The `device_config` for each board. The label is the board's name."""
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
    RunFolders,
    Templates,
)
