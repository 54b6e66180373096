"""What a run's losses suggest: one symptom, its evidence in numbers, one value to change.

The symptoms and what helps are the lesson's on configuration patterns: a loss that barely moves in
its first hundred steps, one that jumps, one that is no number any more, training that is too slow.
Overfitting is the textbooks': the validation loss rises while the training loss still falls. The
thresholds are ours. They are wide, since a wrong advice costs a run and a missing one nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import fmean, pstdev

from trainsmith_schemas.meaning.derived import base_learning_rate, learning_rate_key, warmup_steps
from trainsmith_schemas.runs import events
from trainsmith_schemas.runs.events import Change
from trainsmith_schemas.runs.reports import Advice
from trainsmith_schemas.runs.superseded import still_counting
from trainsmith_schemas.sections.documents import TrainingDocument

_FIRST_STEPS = 100
"""The lesson's 50 to 100 steps after which a loss should have moved."""
_FLAT = 0.02
"""A share of the first loss: less than that over a hundred steps is no progress."""
_WINDOW = 10
"""Steps of which the mean is one point of the trend."""
_JUMPY = 0.15
"""A share of the loss: how far steps usually are from their trend in a run that is unstable."""
_RISING = 1.05
"""How much over its lowest a validation loss must end to count as overfitting."""
_TOO_LONG = 3 * 3600.0
"""Seconds: the lesson's longest training."""
_NO_RATE = 1e-2
"""Above this, half a learning rate is none yet."""
_USUAL_RATE = 1e-4


def advice(told: Iterable[events.Event], recipe: TrainingDocument) -> list[Advice]:
    """What to try after a run, or during it; the most serious symptom alone, or nothing.

    Only one change at a time tells what helped, so a run that diverged is not called jumpy too.

    Args:
        told: the run's events, in order; of steps that were taken again the later ones count.
        recipe: what the run was told, with its overrides.
    """
    course = _course(told)
    kinds = (_diverged, _overfitting, _jumpy, _flat, _too_slow)
    found = (one for kind in kinds for one in kind(course, recipe))
    return list(islice(found, 1))


def lower_rate(rate: float) -> float:
    """The next learning rate to try below one that was too high: half, as the lesson does.

    Far above the usual rates half is still too much; then the usual one is it.
    """
    return rate / 2 if rate <= _NO_RATE else _USUAL_RATE


@dataclass
class _Course:
    started: events.RunStarted | None = None
    steps: list[events.Step] = field(default_factory=list[events.Step])
    validations: list[events.Validation] = field(default_factory=list[events.Validation])
    failed: events.RunFailed | None = None


def _course(told: Iterable[events.Event]) -> _Course:
    course = _Course()
    for event in told:
        match event:
            case events.RunStarted():
                before = event.steps_before
                course.started, course.failed = event, None
                course.steps = still_counting(course.steps, before)
                course.validations = still_counting(course.validations, before)
            case events.Step():
                course.steps.append(event)
            case events.Validation():
                course.validations.append(event)
            case events.RunFailed():
                course.failed = event
            case _:
                pass
    return course


def _diverged(course: _Course, recipe: TrainingDocument) -> Iterator[Advice]:
    """The loss is no number any more, or ends far above its beginning."""
    key, rate = learning_rate_key(recipe), base_learning_rate(recipe)
    change = Change(key=key, value=lower_rate(rate))
    if course.failed and course.failed.config_path == key:
        yield Advice(symptom="diverged", evidence=course.failed.message, change=change)
        return
    losses = [one.loss for one in course.steps]
    if len(losses) < 2 * _WINDOW:
        return
    first, last = losses[0], fmean(losses[-_WINDOW:])
    if not math.isfinite(last) or last > 1.5 * first:
        evidence = f"the loss went from {first:.3g} to {last:.3g} in {len(losses)} steps"
        yield Advice(symptom="diverged", evidence=evidence, change=change)


def _overfitting(course: _Course, _: TrainingDocument) -> Iterator[Advice]:
    """The validation loss rises for the last three measurements while the training loss falls."""
    measured = course.validations
    if len(measured) < 4:
        return
    best = min(measured, key=lambda one: one.loss)
    tail = [one.loss for one in measured[-3:]]
    rises = tail == sorted(tail) and tail[0] < tail[-1] and tail[-1] > _RISING * best.loss
    near = [one.loss for one in course.steps if abs(one.step - best.step) <= _WINDOW]
    if not rises or not near or fmean(_last(course)) >= fmean(near):
        return
    evidence = (
        f"the validation loss was {best.loss:.3g} at step {best.step} and is {tail[-1]:.3g} at "
        f"step {measured[-1].step}, while the training loss fell from {fmean(near):.3g} to "
        f"{fmean(_last(course)):.3g}"
    )
    change = Change(key="training_config.max_steps", value=best.step)
    yield Advice(symptom="overfitting", evidence=evidence, change=change)


def _jumpy(course: _Course, recipe: TrainingDocument) -> Iterator[Advice]:
    """Steps are far from the trend: the mean of the steps around each."""
    losses = [one.loss for one in course.steps]
    if len(losses) < 5 * _WINDOW:
        return
    # The fall at the beginning is no jump.
    settled = losses[len(losses) // 5 :]
    trend = _smooth(settled)
    away = pstdev(loss - middle for loss, middle in zip(settled, trend, strict=True))
    if away <= _JUMPY * fmean(settled):
        return
    evidence = (
        f"from step to step the loss is {away:.2g} off its trend, {away / fmean(settled):.0%} of "
        f"its mean {fmean(settled):.3g}"
    )
    change = Change(key=learning_rate_key(recipe), value=lower_rate(base_learning_rate(recipe)))
    yield Advice(symptom="jumpy", evidence=evidence, change=change)


def _flat(course: _Course, recipe: TrainingDocument) -> Iterator[Advice]:
    """The first hundred steps after any warm-up have hardly lowered the loss."""
    warm = warmup_steps(recipe, course.started.total_steps) if course.started else 0
    losses = [one.loss for one in course.steps if one.step > warm][:_FIRST_STEPS]
    if len(losses) < _FIRST_STEPS:
        return
    first, last = fmean(losses[:_WINDOW]), fmean(losses[-_WINDOW:])
    if first - last >= _FLAT * first:
        return
    evidence = f"the loss went from {first:.4g} to {last:.4g} in {_FIRST_STEPS} steps"
    change = Change(key=learning_rate_key(recipe), value=2 * base_learning_rate(recipe))
    yield Advice(symptom="flat", evidence=evidence, change=change)


def _too_slow(course: _Course, recipe: TrainingDocument) -> Iterator[Advice]:
    """The whole run takes longer than the lesson's longest.

    Where the epochs end it, twice the batch needs half the steps, and each waits less. Where the
    steps are counted it would only make each of them longer: then fewer of them are the change.
    """
    if course.started is None or len(course.steps) < 2 * _WINDOW:
        return
    last = course.steps[-1]
    left = last.seconds_left
    whole = last.time - course.started.time + left
    if whole <= _TOO_LONG or left <= 0:
        return
    evidence = (
        f"the whole run takes about {whole / 3600:.1f} hours, at {last.tokens_per_second:,.0f} "
        "tokens per second"
    )
    if course.started.ends_by == "num_epochs":
        batch_size = 2 * recipe.training_config.batch_size
        change = Change(key="training_config.batch_size", value=batch_size)
    else:
        fit = _round_down(course.started.total_steps * _TOO_LONG / whole)
        change = Change(key="training_config.max_steps", value=fit)
    yield Advice(symptom="too slow", evidence=evidence, change=change)


def _round_down(number: float) -> int:
    """The whole number of two digits that are not zero, at least 1: 5,263 becomes 5,200."""
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return max(1, int(number) // unit * unit)


def _last(course: _Course) -> Sequence[float]:
    return [one.loss for one in course.steps[-_WINDOW:]]


def _smooth(losses: Sequence[float]) -> list[float]:
    """The mean of the steps around each, less of them at the ends."""
    half = _WINDOW // 2
    return [fmean(losses[max(0, at - half) : at + half + 1]) for at in range(len(losses))]
