"""The settings: how findings are judged, for an editor and a project; and those of VS Code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from trainsmith_schemas.trainers.boards import BoardName
from trainsmith_schemas.trainers.names import Trainer

Level = Literal["off", "hint", "information", "warning", "error"]
Privacy = Literal["unrestricted", "local-only"]

PRIVACY_VARIABLE = "TRAINSMITH_PRIVACY"
"""The environment variable that may say `local-only` too: for the editor and for every run."""

PROJECT_FILE = ".trainsmith.yaml"
"""Where a project keeps its `LintConfig`: in the folder of a document or one above it."""


class LintConfig(BaseModel):
    """How documents are judged. A project's file has these keys, and an editor's settings too."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    profile: Annotated[Literal["auto", Trainer], Field(json_schema_extra={"scope": "window"})] = (
        "auto"
    )
    """The trainer that recipes are judged for; `auto` is the one that a recipe's keys tell of.

    A project sets it in `.trainsmith.yaml`, in the folder of its recipes or one above, and a recipe
    in a comment at its top, `# trainsmith: profile=tt-train`. The recipe wins over this setting,
    and this setting over the project.
    """

    rules: Annotated[dict[str, Level], Field(json_schema_extra={"scope": "window"})] = {}
    """How severe a finding is, by its code: `{"lr-too-high": "error", "save-every-step": "off"}`.

    A project sets it in `.trainsmith.yaml`, which `trainsmith check` reads too; for a code that
    stands in both, this setting wins. A single line is better ignored with a comment at its end,
    `# trainsmith: ignore[lr-too-high]`.
    """

    board: Annotated[
        Literal["unknown", BoardName], Field(json_schema_extra={"scope": "window"})
    ] = "unknown"
    """The Tenstorrent board or system that recipes are written for.

    With it, `mesh-board` holds `mesh_shape` against its devices, and `batch-vs-board` the batch
    against its memory. A project sets it in `.trainsmith.yaml`.
    """

    privacy: Annotated[Privacy, Field(json_schema_extra={"scope": "window"})] = "unrestricted"
    """Where metrics may go. With `local-only`, `use_wandb` is an error, and a run refuses it.

    A project sets it in `.trainsmith.yaml`, a machine in the environment variable
    `TRAINSMITH_PRIVACY`; if one of them says `local-only`, the others cannot allow more.
    """


class Settings(LintConfig):
    """Trainsmith's settings in VS Code. An alias is the name in `settings.json`."""

    python_path: Annotated[
        str, Field(alias="python.path", json_schema_extra={"scope": "machine-overridable"})
    ] = ""
    """The Python (3.10 or newer) that runs the language server and training.

    Leave it empty to use the interpreter of the Python extension if there is one, then `python3`.
    Where it lacks PyTorch, **Set Up Training Environment** makes an environment for training.
    """

    trace_server: Annotated[
        Literal["off", "messages", "verbose"],
        Field(alias="trace.server", json_schema_extra={"scope": "window"}),
    ] = "off"
    """Write the messages between the editor and the language server to the output panel."""
