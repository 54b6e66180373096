"""Asking PyTorch for GPUs in a process of its own with a time limit. Imports no PyTorch."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trainsmith_schemas.runs.device_report import Gpu
from trainsmith_system.children import LateError, NoAnswerError, file_of_module
from trainsmith_trainer.backends.torch.list_gpus import Gpus

_MODULE = "trainsmith_trainer.backends.torch.list_gpus"
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
        try:
            answer = file_of_module(_MODULE, Path(scratch), seconds=_SECONDS, most=_MOST)
        except LateError as error:
            raise UnansweredError(f"PyTorch {error} about GPUs: try `nvidia-smi`") from None
        except NoAnswerError as error:
            raise UnansweredError(
                f"PyTorch {error} while it looked for GPUs: reinstall it"
            ) from None
    return Gpus.model_validate_json(answer).gpus
