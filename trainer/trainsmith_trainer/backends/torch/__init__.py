"""The backend for PyTorch: the operations of `base.BackendModule`.

The library is imported only when it is needed, so that listing and refusing backends is quick.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Backend, Decoder, Purpose, Unsupported
from trainsmith_trainer.distributed.rank import ALONE, RankInfo


def unavailable(_purpose: Purpose) -> str:
    """Why PyTorch cannot be used here; empty if it can."""
    if importlib.util.find_spec("torch") is None:
        return f"this Python lacks the package torch: {sys.executable} -m pip install torch"
    return ""


def unsupported(document: TrainingDocument, _model: TransformerConfig) -> Iterator[Unsupported]:
    """Stochastic rounding has no effect; what a device cannot do, `Backend.warnings` says."""
    if derived.rounds_at_random(document.training_config):
        yield Unsupported(
            "training_config.optimizer.stochastic_rounding",
            "warning",
            "with the backend `torch`, `stochastic_rounding` has no effect, because no small "
            "update is lost: remove it",
        )


def load_library() -> None:
    """Import PyTorch, so that opening a backend afterwards is quicker."""
    _spin_briefly()
    import trainsmith_trainer.backends.torch.backend  # noqa: F401  # pyright: ignore


def may_copy_process() -> bool:
    """Whether a fork of this process, which has loaded the library, can compute as well.

    A GPU driver does not survive in a forked process, and neither do macOS's own libraries.
    `TRAINSMITH_START_METHOD`, `fork` or `spawn` as `multiprocessing` names them, wins.
    """
    from trainsmith_trainer.backends.torch.devices import has_gpu

    wanted = os.environ.get("TRAINSMITH_START_METHOD")
    if wanted in ("fork", "spawn"):
        return wanted == "fork"
    return sys.platform == "linux" and not has_gpu()


def open_backend(
    model: TransformerConfig,
    training: TrainingConfig,
    rank_info: RankInfo = ALONE,
    weights: Arrays | None = None,
    lora: LoraConfig | None = None,
    *,
    shard: bool = False,
) -> Backend:
    """See `base.BackendModule`."""
    _spin_briefly()
    if shard and rank_info.size > 1:
        from trainsmith_trainer.backends.torch.sharded_backend import ShardedBackend

        return ShardedBackend(model, training, rank_info, weights, lora)
    from trainsmith_trainer.backends.torch.backend import TorchBackend

    return TorchBackend(model, training, rank_info, weights, lora)


def open_decoder(model: TransformerConfig, weights: Arrays) -> Decoder:
    """See `base.BackendModule`."""
    _spin_briefly()
    from trainsmith_trainer.backends.torch.decoder import load_decoder

    return load_decoder(model, weights)


def _spin_briefly() -> None:
    """Let threads that wait for each other spin briefly and then sleep.

    By default they spin for a long time. One busy process, such as the editor, then makes each of
    the thousands of barriers in a step wait for the scheduler. Sleeping at once makes steps slower
    on an idle machine. 4,000 spins are a compromise: on two cores a step took 27 ms on an idle
    machine and 66 ms next to a busy process, compared to 26 and 311 ms with long spinning, and 41
    and 47 ms with immediate sleep. OpenMP reads the environment once, when it is loaded; a policy
    that the user has set takes precedence.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        os.environ.setdefault("GOMP_SPINCOUNT", "4000")
