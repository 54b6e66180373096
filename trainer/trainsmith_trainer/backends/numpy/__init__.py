"""The backend for NumPy: the tape of `backends/tape` on any computer, without another library.

It is for reading, for tests, and where PyTorch cannot be installed; PyTorch is faster.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Backend, Decoder, Purpose, Unsupported
from trainsmith_trainer.distributed.rank import ALONE, RankInfo

_NAME = "numpy"

# Set before NumPy is loaded, which reads it then. OpenBLAS's threads wait for each other by
# spinning: on two cores with other work, a step of the sample took 0.15 s with one thread and 1.2 s
# with two. With one, a run also has the same bits on machines with more cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def unavailable(_purpose: Purpose) -> str:
    """Empty: everything that trains needs NumPy."""
    return ""


def unsupported(document: TrainingDocument, model: TransformerConfig) -> Iterable[Unsupported]:
    """See `base.BackendModule`."""
    from trainsmith_trainer.backends.tape.support import unsupported_by_tape

    training, lora = document.training_config, document.lora_config
    return unsupported_by_tape(_NAME, model, training, lora, derived.device_count(document))


def load_library() -> None:
    """Import the layers and NumPy, so that opening a backend afterwards is quicker."""
    import trainsmith_trainer.backends.tape.backend  # noqa: F401  # pyright: ignore


def may_copy_process() -> bool:
    """There are no other ranks."""
    return False


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
    import numpy as np

    from trainsmith_trainer.backends.allocation import keep_freed_memory
    from trainsmith_trainer.backends.numpy.ops import NumpyOps
    from trainsmith_trainer.backends.tape.backend import TapeBackend
    from trainsmith_trainer.backends.tape.support import refuse_unsupported

    refuse_unsupported(_NAME, model, training, lora, rank_info.size)
    keep_freed_memory()
    ops, rounds = NumpyOps(), training.precision == "bf16"
    precision = "bf16, products of matrices" if rounds else "fp32"
    versions = {"numpy": np.__version__, "precision": precision}
    matmul = ops.matmul_bf16 if rounds else ops.matmul
    return TapeBackend(ops, "CPU, with NumPy", versions, model, training, weights, matmul)


def open_decoder(model: TransformerConfig, weights: Arrays) -> Decoder:
    """See `base.BackendModule`."""
    from trainsmith_trainer.backends.numpy.ops import NumpyOps
    from trainsmith_trainer.backends.tape.backend import open_tape_decoder
    from trainsmith_trainer.backends.tape.support import refuse_family

    refuse_family(_NAME, model)
    return open_tape_decoder(NumpyOps(), model, weights)
