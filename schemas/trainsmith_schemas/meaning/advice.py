"""What a run's losses suggest: one symptom, its evidence in numbers, one value to change.

The lesson on configuration patterns has these symptoms and their remedies: a loss that barely moves
in its first hundred steps, jumps, or becomes NaN, and training that is too slow. Overfitting is as
in textbooks: the validation loss rises while the training loss still falls. The thresholds are our
own. They are generous, because wrong advice costs a run and missing advice costs nothing.
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
from trainsmith_schemas.runs.superseded import drop_superseded
from trainsmith_schemas.sections.documents import TrainingDocument

_FIRST_STEPS = 100
"""The loss should move within this many steps; the lesson says 50 to 100."""
_FLAT = 0.02
"""A loss that falls by less than this fraction in a hundred steps is flat."""
_WINDOW = 10
"""A point of the trend is the mean of this many steps."""
_JUMPY = 0.15
"""A run is unstable if steps deviate from their trend by this fraction of the loss."""
_RISING = 1.05
"""A run overfits if the validation loss ends above its minimum by this factor."""
_TOO_LONG = 3 * 3600.0
"""Seconds. This is the longest training in the lesson."""
_NO_RATE = 1e-2
"""Above this, half of a learning rate would still be too high."""
_USUAL_RATE = 1e-4


def advice(run: Iterable[events.Event], recipe: TrainingDocument) -> list[Advice]:
    """What to try after a run, or during it: the most serious symptom, if there is any.

    There is at most one suggestion, because several changes at once do not show which one helped.

    Args:
        run: the run's events, in order; superseded events are ignored.
        recipe: the run's recipe, with its overrides.
    """
    history = _history(run)
    kinds = (_diverged, _overfitting, _jumpy, _flat, _too_slow)
    found = (one for kind in kinds for one in kind(history, recipe))
    return list(islice(found, 1))


def lower_rate(rate: float) -> float:
    """The learning rate to try if one was too high: half of it, as in the lesson.

    Far above the usual rates, half would still be too high; then it is the usual rate.
    """
    return rate / 2 if rate <= _NO_RATE else _USUAL_RATE


@dataclass
class _History:
    started: events.RunStarted | None = None
    steps: list[events.Step] = field(default_factory=list[events.Step])
    validations: list[events.Validation] = field(default_factory=list[events.Validation])
    failed: events.RunFailed | None = None


def _history(run: Iterable[events.Event]) -> _History:
    history = _History()
    for event in run:
        match event:
            case events.RunStarted():
                before = event.steps_before
                history.started, history.failed = event, None
                drop_superseded(history.steps, before)
                drop_superseded(history.validations, before)
            case events.Step():
                history.steps.append(event)
            case events.Validation():
                history.validations.append(event)
            case events.RunFailed():
                history.failed = event
            case _:
                pass
    return history


def _diverged(history: _History, recipe: TrainingDocument) -> Iterator[Advice]:
    """The loss became NaN or infinite, or ends far above its beginning."""
    key, rate = learning_rate_key(recipe), base_learning_rate(recipe)
    change = Change(key=key, value=lower_rate(rate))
    if history.failed and history.failed.config_path == key:
        yield Advice(symptom="diverged", evidence=history.failed.message, change=change)
        return
    losses = [one.loss for one in history.steps]
    if len(losses) < 2 * _WINDOW:
        return
    first, last = losses[0], fmean(losses[-_WINDOW:])
    if not math.isfinite(last) or last > 1.5 * first:
        evidence = f"the loss went from {first:.3g} to {last:.3g} in {len(losses)} steps"
        yield Advice(symptom="diverged", evidence=evidence, change=change)


def _overfitting(history: _History, _: TrainingDocument) -> Iterator[Advice]:
    """The last three validation losses rise while the training loss falls."""
    measured = history.validations
    if len(measured) < 4:
        return
    best = min(measured, key=lambda one: one.loss)
    tail = [one.loss for one in measured[-3:]]
    rises = tail == sorted(tail) and tail[0] < tail[-1] and tail[-1] > _RISING * best.loss
    near = [one.loss for one in history.steps if abs(one.step - best.step) <= _WINDOW]
    if not rises or not near or fmean(_last_losses(history)) >= fmean(near):
        return
    evidence = (
        f"the validation loss was {best.loss:.3g} at step {best.step} and is {tail[-1]:.3g} at "
        f"step {measured[-1].step}, while the training loss fell from {fmean(near):.3g} to "
        f"{fmean(_last_losses(history)):.3g}"
    )
    change = Change(key="training_config.max_steps", value=best.step)
    yield Advice(symptom="overfitting", evidence=evidence, change=change)


def _jumpy(history: _History, recipe: TrainingDocument) -> Iterator[Advice]:
    """The losses deviate far from their trend, the mean of the steps around each."""
    losses = [one.loss for one in history.steps]
    if len(losses) < 5 * _WINDOW:
        return
    # The fall at the beginning is not a jump.
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


def _flat(history: _History, recipe: TrainingDocument) -> Iterator[Advice]:
    """The first hundred steps after warm-up barely lowered the loss."""
    warm = warmup_steps(recipe, history.started.total_steps) if history.started else 0
    losses = [one.loss for one in history.steps if one.step > warm][:_FIRST_STEPS]
    if len(losses) < _FIRST_STEPS:
        return
    first, last = fmean(losses[:_WINDOW]), fmean(losses[-_WINDOW:])
    if first - last >= _FLAT * first:
        return
    evidence = f"the loss went from {first:.4g} to {last:.4g} in {_FIRST_STEPS} steps"
    change = Change(key=learning_rate_key(recipe), value=2 * base_learning_rate(recipe))
    yield Advice(symptom="flat", evidence=evidence, change=change)


def _too_slow(history: _History, recipe: TrainingDocument) -> Iterator[Advice]:
    """The whole run takes longer than the longest one in the lesson.

    If `num_epochs` ends the run, a batch twice as large halves the number of steps. If `max_steps`
    ends it, a larger batch would only make each step longer, so the suggestion is fewer steps.
    """
    if history.started is None or len(history.steps) < 2 * _WINDOW:
        return
    last = history.steps[-1]
    left = last.seconds_left
    whole = last.time - history.started.time + left
    if whole <= _TOO_LONG or left <= 0:
        return
    evidence = (
        f"the whole run takes about {whole / 3600:.1f} hours, at {last.tokens_per_second:,.0f} "
        "tokens per second"
    )
    if history.started.ends_by == "num_epochs":
        batch_size = 2 * recipe.training_config.batch_size
        change = Change(key="training_config.batch_size", value=batch_size)
    else:
        fit = _round_down(history.started.total_steps * _TOO_LONG / whole)
        change = Change(key="training_config.max_steps", value=fit)
    yield Advice(symptom="too slow", evidence=evidence, change=change)


def _round_down(number: float) -> int:
    """Round down to two significant digits, but at least 1: 5,263 becomes 5,200."""
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return max(1, int(number) // unit * unit)


def _last_losses(history: _History) -> Sequence[float]:
    return [one.loss for one in history.steps[-_WINDOW:]]


def _smooth(losses: Sequence[float]) -> list[float]:
    """The moving average; at both ends, over fewer steps."""
    half = _WINDOW // 2
    return [fmean(losses[max(0, at - half) : at + half + 1]) for at in range(len(losses))]
