"""Where the mathematics runs. One file is one tensor library, imported when it is needed."""

from __future__ import annotations

import os
import sys

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Backend, Decoder
from trainsmith_trainer.distributed.ranks import ALONE, RankInfo
from trainsmith_trainer.quick_imports import quick_imports


def load_library() -> None:
    """Import the tensor library; what is opened afterwards is there sooner."""
    _wait_briefly()
    with quick_imports():
        import trainsmith_trainer.backends.torch.backend  # noqa: F401  # pyright: ignore


def may_copy_process() -> bool:
    """Whether a copy of this process, which has loaded the library, can compute as well.

    A driver of a GPU does not survive in a copy, and macOS's own libraries do not either.
    `TRAINSMITH_START_METHOD`, `fork` or `spawn` as `multiprocessing` names them, wins.
    """
    from trainsmith_trainer.backends.torch.backend import has_gpu

    wanted = os.environ.get("TRAINSMITH_START_METHOD")
    if wanted in ("fork", "spawn"):
        return wanted == "fork"
    return sys.platform == "linux" and not has_gpu()


def open_backend(
    model: TransformerConfig,
    training: TrainingConfig,
    rank_info: RankInfo = ALONE,
    weights: Arrays | None = None,
) -> Backend:
    """A model with its optimizer on the best device there is.

    With more than one rank it comes back when all of them are there.

    Args:
        model: its shape.
        training: how it is trained.
        rank_info: this process among those of the run.
        weights: what it begins with, instead of random numbers.

    Raises:
        RunError: the device has too little memory, or another rank is gone.
    """
    _wait_briefly()
    with quick_imports():
        from trainsmith_trainer.backends.torch.backend import TorchBackend

    return TorchBackend(model, training, rank_info, weights)


def open_decoder(model: TransformerConfig, weights: Arrays) -> Decoder:
    """A model that was trained, ready to write.

    Raises:
        ValueError: the weights do not fit the model.
    """
    _wait_briefly()
    with quick_imports():
        from trainsmith_trainer.backends.torch.backend import load_decoder

    return load_decoder(model, weights)


def _wait_briefly() -> None:
    """Let threads that wait for each other spin for a moment and then sleep.

    By default they spin for long. Then one busy neighbour, such as the editor, makes each of the
    thousands of barriers in a step wait for the scheduler. Sleeping at once costs nearly as much on
    a quiet machine. Four thousand turns keep most of both: on two cores a step took 27 ms quiet and
    66 ms beside a busy process, against 26 and 311 spinning long, 41 and 47 sleeping at once.
    OpenMP reads the environment once, when it is loaded; a policy of the user's own wins.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        os.environ.setdefault("GOMP_SPINCOUNT", "4000")
