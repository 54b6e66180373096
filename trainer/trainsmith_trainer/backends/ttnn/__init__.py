"""The backend for Tenstorrent's ttnn: the tape of `backends/tape` on a board.

The process that has the board open is a child of the run's, because an error of a device may end
its process: `device_client.py` here, `device_process.py` there.
"""

from __future__ import annotations

from collections.abc import Iterable

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Backend, Decoder, Purpose, Unsupported
from trainsmith_trainer.distributed.rank import ALONE, RankInfo

_NAME = "ttnn"


def unavailable(_purpose: Purpose) -> str:
    """What is missing and how to get it; empty if ttnn finds a device."""
    from trainsmith_trainer.backends.ttnn.detection import look, missing, unanswered

    return missing(look()) or unanswered()


def passed_over() -> str:
    """Why the choice `auto` does not take this backend, even if it can be used."""
    from trainsmith_trainer.backends.ttnn.detection import look

    return "" if look().boards else "there is no Tenstorrent board"


def unsupported(document: TrainingDocument, model: TransformerConfig) -> Iterable[Unsupported]:
    """See `base.BackendModule`."""
    from trainsmith_trainer.backends.tape.support import unsupported_by_tape

    training, lora = document.training_config, document.lora_config
    return unsupported_by_tape(_NAME, model, training, lora, derived.device_count(document))


def load_library() -> None:
    """Nothing: the process with the device imports ttnn."""


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
    from trainsmith_trainer.backends.tape.support import refuse_unsupported
    from trainsmith_trainer.backends.ttnn.backend import TtnnBackend

    refuse_unsupported(_NAME, model, training, lora, rank_info.size)
    return TtnnBackend(model, training, dict(weights) if weights else None)


def open_decoder(model: TransformerConfig, weights: Arrays) -> Decoder:
    """See `base.BackendModule`."""
    from trainsmith_trainer.backends.tape.support import refuse_family
    from trainsmith_trainer.backends.ttnn.backend import open_ttnn_decoder

    refuse_family(_NAME, model)
    return open_ttnn_decoder(model, weights)
