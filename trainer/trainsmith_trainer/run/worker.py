"""What a rank above 0 runs: the same steps as rank 0, and nothing else."""

from __future__ import annotations

import faulthandler
import math
import signal
import struct
from collections.abc import Callable
from dataclasses import replace

from trainsmith_schemas.runs import events
from trainsmith_system.terminal import say
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.data.batches import Position
from trainsmith_trainer.distributed.rank import EXIT_PEER_LOST, LostRankError, RankInfo
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.run.loop import LoopHooks, Progress, train
from trainsmith_trainer.run.prepare import RunInputs
from trainsmith_trainer.run.sharded_saving import save_own_part


def run_worker(read: Callable[[], RunInputs], rank_info: RankInfo) -> int:
    """Train along with rank 0, which decides where to start and when to stop.

    Args:
        read: returns the inputs of the run.
        rank_info: the rank of this process.

    Returns:
        The exit code: 0, or 1 for an error of this rank, or `rank.EXIT_PEER_LOST`.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    # If a library crashes, rank 0 can say where.
    faulthandler.enable(all_threads=False)
    try:
        inputs = read()
        backend = inputs.backend.module.open_backend(
            inputs.model, inputs.training, rank_info, lora=inputs.lora, shard=inputs.shards
        )
        _train_along(inputs, backend, rank_info)
    except LostRankError as error:
        say(error.message, error=True)
        return EXIT_PEER_LOST
    except RunError as error:
        say(f"rank {rank_info.rank}: {error.message}", error=True)
        return 1
    return 0


def synchronize(inputs: RunInputs, backend: Backend, progress: Progress) -> Progress:
    """Copy the state of rank 0 to every rank.

    Raises:
        RunError: this rank has other data or another recipe than rank 0.
    """
    position = progress.position
    losses = (progress.best_validation_loss, progress.reference_loss)
    numbers = (
        inputs.fingerprint,
        progress.step,
        position.epoch,
        position.sequence,
        progress.stale_validations,
        *map(_bits, losses),
    )
    fingerprint, step, epoch, sequence, stale, best, reference = backend.broadcast_state(numbers)
    if fingerprint != inputs.fingerprint:
        raise RunError("its recipe or its data differs from that of rank 0")
    return replace(
        progress,
        step=step,
        position=Position(epoch, sequence),
        stale_validations=stale,
        best_validation_loss=_loss(best),
        reference_loss=_loss(reference),
    )


def _bits(loss: float | None) -> int:
    """The bits of a loss, as an integer of 64 bits; those of NaN if it was not measured."""
    return struct.unpack("<q", struct.pack("<d", math.nan if loss is None else loss))[0]


def _loss(bits: int) -> float | None:
    loss = struct.unpack("<d", struct.pack("<q", bits))[0]
    return None if math.isnan(loss) else loss


def _train_along(inputs: RunInputs, backend: Backend, rank_info: RankInfo) -> None:
    def ignore(_event: events.Event) -> None:
        pass

    def validate(_step: int) -> float | None:
        if backend.sharded:
            backend.decoder()  # Rank 0 generates a sample with parts of all ranks.
        return backend.loss(inputs.validation_batches()) if inputs.validates else None

    def save(progress: Progress) -> Progress:
        if backend.sharded:
            save_own_part(backend, inputs, rank_info.rank)
        else:
            backend.random_state()
        return replace(progress, saved_at=progress.step)

    progress = synchronize(inputs, backend, Progress())
    hooks = LoopHooks(
        emit=ignore,
        validate=validate,
        save=save,
        stop_requested=lambda: backend.should_stop(stop=False),
    )
    progress = replace(progress, saved_at=progress.step or None)
    train(backend, inputs.sampler, inputs.schedule, inputs.plan, hooks, progress)
