"""Advice on constructed losses. `tests/trainer` has a real run."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainsmith_schemas.meaning.advice import advice, lower_rate
from trainsmith_schemas.runs import events
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.validation.validate import validate


def _recipe(**training: Any) -> TrainingDocument:
    document = validate(TrainingDocument, {"training_config": training}).config
    assert document
    return document


def _started(
    steps_before: int = 0, ends_by: Literal["max_steps", "num_epochs"] = "max_steps"
) -> events.RunStarted:
    return events.RunStarted(
        time=0.0,
        name="x",
        config="x.yaml",
        device="CPU",
        parameters=1,
        total_steps=1000,
        ends_by=ends_by,
        steps_per_epoch=9,
        effective_batch=1,
        tokens_per_step=1,
        steps_before=steps_before,
    )


def _step(step: int, loss: float, seconds: float = 1.0) -> events.Step:
    return events.Step(
        time=step * seconds,
        step=step,
        epoch=1,
        loss=loss,
        learning_rate=1e-4,
        grad_norm=1.0,
        tokens_per_second=1000.0,
        seconds_left=(1000 - step) * seconds,
    )


def _run(
    losses: Sequence[float], validations: Sequence[float] = (), seconds: float = 1.0
) -> list[events.Event]:
    """Steps, with validations at even intervals."""
    every = len(losses) // len(validations) if validations else 0
    run: list[events.Event] = [_started()]
    for step, loss in enumerate(losses, 1):
        run.append(_step(step, loss, seconds))
        if every and step % every == 0 and step // every <= len(validations):
            loss = validations[step // every - 1]
            run.append(events.Validation(time=step, step=step, loss=loss, best=False))
    return run


def _falling(step: int) -> float:
    return 1.5 + 2.5 * math.exp(-step / 60)


_STEPS = range(200)
_GOOD = [_falling(step) + 0.1 * (-1) ** step for step in _STEPS]

_CASES: dict[str, tuple[list[events.Event], str, str, object]] = {
    "flat": (_run([4.2] * 150), "flat", "training_config.learning_rate", 2e-4),
    "jumpy": (
        _run([_falling(step) * (1.4 if step % 3 else 0.6) for step in _STEPS]),
        "jumpy",
        "training_config.learning_rate",
        5e-5,
    ),
    "diverged": (
        _run([4.0 + 0.1 * step for step in range(60)]),
        "diverged",
        "training_config.learning_rate",
        5e-5,
    ),
    "overfitting": (
        _run([3.0 * math.exp(-step / 60) for step in _STEPS], [2.5, 2.0, 1.9, 2.1, 2.4]),
        "overfitting",
        "training_config.max_steps",
        120,
    ),
    "too slow, by steps": (
        _run(_GOOD, seconds=20.0),
        "too slow",
        "training_config.max_steps",
        540,  # of 1,000, at 20 seconds each
    ),
    "too slow, by epochs": (
        [_started(ends_by="num_epochs"), *_run(_GOOD, seconds=20.0)[1:]],
        "too slow",
        "training_config.batch_size",
        16,
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_symptom(case: str) -> None:
    run, symptom, key, value = _CASES[case]
    (found,) = advice(run, _recipe(batch_size=8, learning_rate=1e-4))
    assert (found.symptom, found.change.key) == (symptom, key)
    assert found.change.value == pytest.approx(value)
    assert any(character.isdigit() for character in found.evidence)


def test_warm_up_steps_need_not_lower_the_loss() -> None:
    # A tenth of the run's 1,000 steps.
    run = _run([4.2] * 100 + [4.2 - 0.01 * step for step in range(100)])
    assert advice(run, _recipe(scheduler_type="warmup_linear")) == []
    assert [one.symptom for one in advice(run, _recipe())] == ["flat"]


@pytest.mark.parametrize(
    "run",
    [
        _run(_GOOD),
        _run(_GOOD, [3.0, 2.5, 2.2, 2.1]),
        _run([4.2] * 60),
        _run([0.0] * 150),
        _run([]),
        [],
    ],
    ids=[
        "good",
        "validation falls too",
        "fewer than a hundred steps",
        "perfect",
        "no step",
        "nothing",
    ],
)
def test_no_advice_if_all_is_well_or_too_little_is_known(run: list[events.Event]) -> None:
    assert advice(run, _recipe()) == []


def test_advice_names_the_key_that_takes_effect() -> None:
    recipe = _recipe(optimizer={"type": "AdamW", "lr": 3e-4})
    (found,) = advice(_run([4.2] * 150), recipe)
    assert (found.change.key, found.change.value) == ("training_config.optimizer.lr", 6e-4)


def test_run_that_failed_because_of_its_learning_rate_diverged() -> None:
    message = "the loss became nan at step 3"
    key = "training_config.learning_rate"
    failed = events.RunFailed(time=3, step=2, message=message, config_path=key)
    (found,) = advice([*_run([4.0, 9.0]), failed], _recipe(learning_rate=0.5))
    assert (found.symptom, found.evidence, found.change.value) == ("diverged", message, 1e-4)


def test_superseded_steps_do_not_count() -> None:
    run = _run([4.0 + 0.1 * step for step in range(60)])
    again = [_step(step, _falling(step)) for step in range(1, 100)]
    assert advice([*run, _started(), *again], _recipe()) == []


_LOSSES = st.lists(st.floats(0, 1e6), max_size=150)
_RUNS: Callable[..., st.SearchStrategy[list[events.Event]]] = st.builds


@given(_RUNS(_run, _LOSSES, st.lists(st.floats(0, 1e6), max_size=6)))
def test_any_history_gives_at_most_one_piece_of_advice(run: list[events.Event]) -> None:
    assert len(advice(run, _recipe())) <= 1


def test_lower_rate_is_half_or_the_usual_rate() -> None:
    assert lower_rate(1e-4) == 5e-5
    assert lower_rate(1e30) == 1e-4


def test_advice_does_not_need_a_tensor_library() -> None:
    code = "import sys; sys.modules['torch'] = None; import trainsmith_schemas.meaning.advice"
    subprocess.run([sys.executable, "-c", code], check=True)
