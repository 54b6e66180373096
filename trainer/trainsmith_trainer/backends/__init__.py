"""Where the mathematics runs. One file is one tensor library, imported when it is needed."""

from __future__ import annotations

import os

from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Backend, Decoder


def open_backend(model: TransformerConfig, training: TrainingConfig) -> Backend:
    """A model with its optimizer on the best device there is.

    Raises:
        RunError: the device has too little memory.
    """
    _wait_asleep()
    from trainsmith_trainer.backends.torch_backend import TorchBackend

    return TorchBackend(model, training)


def open_decoder(model: TransformerConfig, weights: Arrays) -> Decoder:
    """A model that was trained, ready to write.

    Raises:
        ValueError: the weights do not fit the model.
    """
    _wait_asleep()
    from trainsmith_trainer.backends.torch_backend import load_decoder

    return load_decoder(model, weights)


def _wait_asleep() -> None:
    """Let threads that wait for each other sleep. OpenMP reads this once, when it is loaded.

    By default they spin. Then one busy neighbour, such as the editor, makes each of the thousands
    of barriers in a step wait for the scheduler, and steps take ten times as long.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
