"""Writes which GPUs PyTorch can use as JSON to the file that its argument names.

A program of its own, because a broken driver may hang or end the process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from trainsmith_schemas.runs.device_report import Gpu
from trainsmith_system.text import one_line, shortened
from trainsmith_system.writing import write_file


class Gpus(BaseModel):
    """The GPUs of this machine."""

    model_config = ConfigDict(strict=True)

    gpus: list[Gpu]


def list_gpus() -> Gpus:
    """Ask PyTorch."""
    import torch

    found = [torch.cuda.get_device_properties(at) for at in range(torch.cuda.device_count())]
    gpus = [Gpu(name=shortened(one_line(one.name), 100), memory=one.total_memory) for one in found]
    if torch.backends.mps.is_available():
        gpus.append(Gpu(name="Apple GPU", memory=None))
    return Gpus(gpus=gpus)


if __name__ == "__main__":
    write_file(Path(sys.argv[1]), list_gpus().model_dump_json().encode())
