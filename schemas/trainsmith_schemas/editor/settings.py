"""The settings: the lint configuration of an editor or a project, and VS Code's settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from trainsmith_schemas.trainers.boards import BoardName
from trainsmith_schemas.trainers.names import Trainer

Level = Literal["off", "hint", "information", "warning", "error"]
Privacy = Literal["unrestricted", "local-only"]

PRIVACY_VARIABLE = "TRAINSMITH_PRIVACY"
"""The environment variable that can also set `local-only`, for the editor and for runs."""

PROJECT_FILE = ".trainsmith.yaml"
"""A project's file with its `LintConfig`, in the folder of a document or any parent folder."""


class LintConfig(BaseModel):
    """How documents are checked. A project's file and an editor's settings have these keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    profile: Annotated[Literal["auto", Trainer], Field(json_schema_extra={"scope": "window"})] = (
        "auto"
    )
    """The trainer that recipes are checked for. `auto` detects it from each recipe's keys.

    A project can set it in `.trainsmith.yaml`, in the folder of its recipes or a parent folder. A
    recipe can set it in a comment at the top, `# trainsmith: profile=tt-train`. The recipe's
    comment overrides this setting, and this setting overrides the project's.
    """

    rules: Annotated[dict[str, Level], Field(json_schema_extra={"scope": "window"})] = {}
    """The severity of findings, by code: `{"lr-too-high": "error", "save-every-step": "off"}`.

    A project can set it in `.trainsmith.yaml`, which `trainsmith check` reads as well. If both set
    the same code, this setting takes precedence. To ignore a finding on a single line, end the line
    with the comment `# trainsmith: ignore[lr-too-high]`.
    """

    board: Annotated[
        Literal["unknown", BoardName], Field(json_schema_extra={"scope": "window"})
    ] = "unknown"
    """The Tenstorrent board or system that recipes are written for.

    If it is set, `mesh-board` compares `mesh_shape` with the board's devices, and `batch-vs-board`
    compares the batch with its memory. A project can set it in `.trainsmith.yaml`.
    """

    privacy: Annotated[Privacy, Field(json_schema_extra={"scope": "window"})] = "unrestricted"
    """Where metrics may be sent. With `local-only`, `use_wandb` is an error, and runs refuse it.

    A project can set it in `.trainsmith.yaml`, and a machine in the environment variable
    `TRAINSMITH_PRIVACY`. If any of them is `local-only`, the others cannot lift the restriction.
    """


class Settings(LintConfig):
    """Trainsmith's settings in VS Code. A field's alias is its name in `settings.json`."""

    # Not a setting of the workspace: a folder must not decide which program starts.
    python_path: Annotated[
        str, Field(alias="python.path", json_schema_extra={"scope": "machine"})
    ] = ""
    """The Python interpreter (3.10 or newer) that runs the language server and training.

    It is a setting of the user or the remote machine; the settings of a workspace cannot change it.

    If it is empty, Trainsmith uses the interpreter selected in the Python extension, or else
    `python3`. If that interpreter lacks PyTorch, **Set Up Training Environment** creates an
    environment for training.
    """

    trace_server: Annotated[
        Literal["off", "messages", "verbose"],
        Field(alias="trace.server", json_schema_extra={"scope": "window"}),
    ] = "off"
    """Log the messages between the editor and the language server in the output panel."""
