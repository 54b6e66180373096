"""Where the mathematics runs. One file is one tensor library."""

from __future__ import annotations

from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.training import TrainingConfig
from trainsmith_trainer.backends.base import Backend


def open_backend(model: TransformerConfig, training: TrainingConfig) -> Backend:
    """A model with its optimizer on the best device there is.

    The library is imported here and not before, because that takes seconds.

    Raises:
        RunError: the device has too little memory.
    """
    from trainsmith_trainer.backends.torch_backend import TorchBackend

    return TorchBackend(model, training)
