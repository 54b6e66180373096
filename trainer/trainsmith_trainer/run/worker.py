"""The part of a rank above 0: the same steps as rank 0, and nothing besides."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace

from trainsmith_schemas.runs import events
from trainsmith_trainer.backends import open_backend
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.data.batches import Position
from trainsmith_trainer.distributed.ranks import FOLLOWER, LostRankError, Place
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.run.loop import Progress, Surroundings, train
from trainsmith_trainer.run.prepare import Material


def follow(read: Callable[[], Material], place: Place) -> int:
    """Train along with rank 0, which decides where to begin and when to stop.

    Args:
        read: gives what the steps need.
        place: this process's.

    Returns:
        The exit code: 0, or 1 for an error of this rank, or `ranks.FOLLOWER`.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        material = read()
        _follow(material, open_backend(material.model, material.training, place))
    except LostRankError as error:
        print(error.message, file=sys.stderr)
        return FOLLOWER
    except RunError as error:
        print(f"rank {place.rank}: {error.message}", file=sys.stderr)
        return 1
    return 0


def align(material: Material, backend: Backend, progress: Progress) -> Progress:
    """Let every rank stand where rank 0 stands.

    Raises:
        RunError: this rank reads other data than rank 0, or has another recipe.
    """
    position = progress.position
    numbers = (material.fingerprint, progress.step, position.epoch, position.sequence)
    fingerprint, step, epoch, sequence = backend.align(numbers)
    if fingerprint != material.fingerprint:
        raise RunError("its recipe or its data is not that of rank 0")
    return replace(progress, step=step, position=Position(epoch, sequence))


def _follow(material: Material, backend: Backend) -> None:
    def ignore(_event: events.Event) -> None:
        pass

    def validate(_step: int) -> float | None:
        return backend.loss(material.validation_batches()) if material.validates else None

    def save(progress: Progress) -> Progress:
        backend.random_state()
        return replace(progress, saved_at=progress.step)

    progress = align(material, backend, Progress())
    around = Surroundings(
        emit=ignore,
        validate=validate,
        save=save,
        stop_requested=lambda: backend.agree(stop=False),
    )
    progress = replace(progress, saved_at=progress.step or None)
    train(backend, material.sampler, material.schedule, material.plan, around, progress)
