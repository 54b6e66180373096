"""Asking PyTorch for GPUs in a process of its own with a time limit. Imports no PyTorch."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from trainsmith_schemas.runs.device_report import Gpu
from trainsmith_system.children import start_python
from trainsmith_system.reading import read_bytes
from trainsmith_trainer.backends.torch.list_gpus import Gpus

_SECONDS = 60.0
"""Importing PyTorch takes a few seconds, and the first time on a slow disk much longer."""
_MOST = 65_536


class UnansweredError(Exception):
    """PyTorch did not answer. The text says what happened."""


def found_gpus() -> list[Gpu]:
    """The GPUs that PyTorch can use.

    Raises:
        UnansweredError: it does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="trainsmith-torch-") as scratch:
        answer = Path(scratch) / "answer.json"
        process = start_python(
            "trainsmith_trainer.backends.torch.list_gpus",
            [str(answer)],
            errors=subprocess.DEVNULL,
            new_session=True,
        )
        try:
            code = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise UnansweredError(
                f"PyTorch did not find out about GPUs within {_SECONDS:.0f} seconds: try "
                "`nvidia-smi`"
            ) from None
        if not answer.exists():
            raise UnansweredError(
                f"PyTorch ended with exit code {code} while it looked for GPUs: reinstall it"
            )
        return Gpus.model_validate_json(read_bytes(answer, _MOST)).gpus
