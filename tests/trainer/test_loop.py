"""The loop alone, with a fake backend for numbers that a real one does not produce on demand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from trainsmith_schemas.runs import events
from trainsmith_trainer.backends.base import Arrays, Decoder, Gradient
from trainsmith_trainer.backends.one_rank import OneRank
from trainsmith_trainer.data.batches import Batch, Sampler
from trainsmith_trainer.data.stream import DOCUMENT, Stream
from trainsmith_trainer.data.windows import Windows
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.run.learning_rate import Schedule
from trainsmith_trainer.run.loop import LoopHooks, Progress, train
from trainsmith_trainer.run.plan import Plan

TEXT = Stream(np.arange(200, dtype=np.uint16), np.array([(200, 0, 1, 0, False, False)], DOCUMENT))
SAMPLER = Sampler(Windows(TEXT, 8, moves=True), seed=1)
SCHEDULE = Schedule(0.5, 0.5, 0, 0, 10, key="training_config.learning_rate")


@dataclass
class FakeBackend(OneRank):
    """Returns given gradients, and records each update."""

    gradients: Mapping[int, Gradient] = field(default_factory=dict[int, Gradient])
    updates: list[float] = field(default_factory=list[float])
    device = "none"
    parameters = trained_parameters = 1
    warnings: Sequence[tuple[str, str]] = ()
    versions: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        return self.gradients.get(len(self.updates) + 1, Gradient(1.0, 1.0))

    def update(self, learning_rate: float) -> None:
        self.updates.append(learning_rate)

    def loss(self, batches: Iterable[Batch]) -> float:
        return 1.0

    def decoder(self) -> Decoder:
        raise NotImplementedError

    def weights(self) -> Arrays:
        return {}

    def optimizer_state(self) -> Arrays:
        return {}

    def random_state(self) -> Arrays:
        return {}

    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        raise NotImplementedError


def _plan(**changes: Any) -> Plan:
    intervals: dict[str, Any] = {"validate_every": 100, "save_every": 100, **changes}
    return Plan(10, "max_steps", 5, 2, 2, 16, **intervals)


@dataclass
class _Recorder:
    """Records what the loop does, and requests a stop after `stop_after` steps."""

    stop_after: int = 100
    losses: Sequence[float] = ()
    """Of the validations; after these, 1."""
    emitted: list[events.Event] = field(default_factory=list[events.Event])
    saved: list[int] = field(default_factory=list[int])

    def hooks(self) -> LoopHooks:
        losses = iter(self.losses)
        return LoopHooks(self.emitted.append, lambda _: next(losses, 1.0), self.save, self.stop)

    def save(self, progress: Progress) -> Progress:
        self.saved.append(progress.step)
        return replace(progress, saved_at=progress.step)

    def stop(self) -> bool:
        return sum(isinstance(event, events.Step) for event in self.emitted) >= self.stop_after


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        (Gradient(math.nan, 1.0), "the loss became nan at step 3"),
        (Gradient(1.0, math.inf), "the gradient norm became inf at step 3"),
    ],
)
def test_nan_loss_or_gradient_leaves_weights_unchanged_and_saves_them(
    gradient: Gradient, message: str
) -> None:
    backend, recorder = FakeBackend({3: gradient}), _Recorder()
    with pytest.raises(RunError) as raised:
        train(backend, SAMPLER, SCHEDULE, _plan(), recorder.hooks())
    assert raised.value.message == f"{message}; the weights were left as they were"
    assert raised.value.config_path == "training_config.learning_rate"
    assert "from 0.5 to 0.0001" in str(raised.value.advice)
    assert "use_clip_grad_norm" in str(raised.value.advice)
    assert len(backend.updates) == 2
    assert recorder.saved == [2]


def test_step_without_enough_memory_saves_the_one_before() -> None:
    recorder = _Recorder()
    with pytest.raises(RunError, match="too small"):
        train(_FullBackend(), SAMPLER, SCHEDULE, _plan(), recorder.hooks())
    assert recorder.saved == [4]


@dataclass
class _FullBackend(FakeBackend):
    """Has no memory for the fifth step."""

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        if len(self.updates) == 4:
            raise RunError("the device's memory is too small for a step")
        return super().gradient(micro_batches)


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "ends_at", "saved"),
    [
        ([5, 4, 3, 2, 1], 2, 0.0, 10, [2, 4, 6, 8, 10]),
        ([5, 4, 4, 4, 1], 2, 0.0, 8, [2, 4, 8]),
        ([5, 6, 4, 6, 7], 2, 0.0, 10, [2, 6, 10]),
        ([5, 4.9, 4.8, 4.7, 4.6], 2, 0.5, 6, [2, 4, 6]),
        ([5, 4.7, 4.4, 4.3, 4.2], 2, 0.5, 10, [2, 4, 6, 8, 10]),
        ([1, 2], 1, 0.0, 4, [2, 4]),
    ],
)
def test_run_ends_after_validations_without_a_better_loss(
    losses: list[float], patience: int, min_delta: float, ends_at: int, saved: list[int]
) -> None:
    recorder = _Recorder(losses=losses)
    plan = _plan(validate_every=2, patience=patience, min_delta=min_delta)
    progress = train(FakeBackend(), SAMPLER, SCHEDULE, plan, recorder.hooks())
    assert progress.step == ends_at
    assert progress.ends_early(plan) == (ends_at < 10)
    assert recorder.saved == saved, "each best one, and the last"
    assert progress.best_validation_loss == min(losses[: ends_at // 2])


def test_resumed_run_goes_on_counting_validations() -> None:
    plan = _plan(validate_every=2, patience=3)
    first = train(FakeBackend(), SAMPLER, SCHEDULE, plan, _Recorder(4, losses=[1, 2]).hooks())
    recorder = _Recorder(losses=[2, 2])
    assert train(FakeBackend(), SAMPLER, SCHEDULE, plan, recorder.hooks(), first).step == 8


@pytest.mark.parametrize(("stop_after", "saved"), [(4, [3, 4]), (3, [3]), (0, [])])
def test_stop_request_saves_last_step(stop_after: int, saved: list[int]) -> None:
    recorder = _Recorder(stop_after)
    progress = train(FakeBackend(), SAMPLER, SCHEDULE, _plan(save_every=3), recorder.hooks())
    assert progress.step == stop_after
    assert recorder.saved == saved


def test_last_step_is_validated_and_saved() -> None:
    recorder = _Recorder()
    train(FakeBackend(), SAMPLER, SCHEDULE, _plan(), recorder.hooks())
    assert recorder.saved == [10]
    assert isinstance(recorder.emitted[-1], events.Validation)


def test_resumed_loop_continues_step_count() -> None:
    recorder = _Recorder()
    before = Progress(8, saved_at=8)
    backend = FakeBackend()
    train(backend, SAMPLER, SCHEDULE, _plan(), recorder.hooks(), before)
    assert [event.step for event in recorder.emitted if isinstance(event, events.Step)] == [9, 10]
    assert len(backend.updates) == 2
