"""Writes what ttnn says about boards as JSON to the file that its argument names.

A program of its own: `detection.unanswered` starts it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from trainsmith_system.writing import write_file


class Answer(BaseModel):
    """What ttnn says about boards."""

    model_config = ConfigDict(strict=True)

    devices: int
    """How many it can use."""
    why: str = ""
    """If it finds none: its reason."""


def count_devices() -> Answer:
    """Ask ttnn."""
    try:
        import ttnn  # pyright: ignore[reportMissingImports]

        return Answer(devices=int(ttnn.GetNumAvailableDevices()), why="it counts 0 devices")
    except (ImportError, RuntimeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return Answer(devices=0, why=" ".join(lines[:4]))


if __name__ == "__main__":
    write_file(Path(sys.argv[1]), count_devices().model_dump_json().encode())
