"""The backend for Tenstorrent's ttnn: the tape of `backends/tape` on a board.

The process that has the board open is a child of the run's, because an error of a device may end
its process: `device_client.py` here, `device_process.py` there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.bfloat16 import cut_to_bf16, growth
from trainsmith_schemas.quantities import plural
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.trainers.boards import BOARDS, article
from trainsmith_trainer.backends.base import (
    Arrays,
    Backend,
    Decoder,
    Purpose,
    StepMemory,
    Unsupported,
)
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
    devices = derived.device_count(document)
    if message := _another_board(document.device_config.mesh_shape):
        yield Unsupported("device_config.mesh_shape", "error", message)
        devices = 1
    if derived.asks_for_moreh(training):
        yield _of_moreh(training)
    yield from unsupported_by_tape(_NAME, model, training, lora, devices)


def _of_moreh(training: TrainingConfig) -> Unsupported:
    """What the kernel `moreh_adamw` does to a run."""
    beta = (training.optimizer or OptimizerConfig()).beta2
    key = "use_moreh_adamw" if training.use_moreh_adamw else "optimizer.type"
    message = (
        f"ttnn's kernel `moreh_adamw` cuts `beta2` {beta:g} to {cut_to_bf16(beta):.4g}, so the "
        f"second moment begins {growth(beta):.1f} times too large, and updates of less than a "
        "512th of a weight are lost: use the optimizer `AdamW` instead"
    )
    return Unsupported(f"training_config.{key}", "warning", message)


def _another_board(mesh_shape: Sequence[int]) -> str:
    """Why the mesh is not that of this machine's boards; empty if it is, or if they do not answer.

    Args:
        mesh_shape: the rows and columns of devices that a recipe asks for.
    """
    from trainsmith_trainer.backends.ttnn.detection import look
    from trainsmith_trainer.backends.ttnn.smi import ask

    wanted = math.prod(mesh_shape)
    there = ask() if wanted > 1 and look().boards else None
    if there is None or not there.devices or wanted <= there.devices:
        return ""
    meant = next((one for one in BOARDS if list(one.mesh_shape) == list(mesh_shape)), None)
    what = f"is that of {article(meant.name)}" if meant else f"is {plural(wanted, 'device')}"
    return (
        f"`mesh_shape` {list(mesh_shape)} {what}, and this machine has {there.words}: write [1, 1]"
    )


def step_memory(training: TrainingConfig, model: TransformerConfig) -> StepMemory:
    """What a step takes of a board's memory.

    Args:
        training: how the model is trained.
        model: its shape, with its vocabulary.
    """
    from trainsmith_trainer.backends.ttnn.detection import look
    from trainsmith_trainer.backends.ttnn.memory import step_bytes
    from trainsmith_trainer.backends.ttnn.smi import Answer, ask

    state, activations = step_bytes(training, model)
    there = ask() if look().boards else Answer()
    name = f"a device of {article(there.boards[0].name)}" if there.boards else "the device"
    return StepMemory(state, activations, name, there.memory)


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
