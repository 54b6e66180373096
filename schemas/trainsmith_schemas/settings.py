"""The settings of the editor, all under `trainsmith.`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Trainsmith's settings in VS Code. An alias is the name in `settings.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    python_path: Annotated[
        str, Field(alias="python.path", json_schema_extra={"scope": "machine-overridable"})
    ] = ""
    """The Python (3.10 or newer) that runs the language server and training.

    Leave it empty to use the interpreter of the Python extension if there is one, then `python3`.
    Training needs PyTorch in it.
    """

    trace_server: Annotated[
        Literal["off", "messages", "verbose"],
        Field(alias="trace.server", json_schema_extra={"scope": "window"}),
    ] = "off"
    """Write the messages between the editor and the language server to the output panel."""
