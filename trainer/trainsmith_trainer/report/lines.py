"""An event as one line of text."""

from __future__ import annotations

import logging

from trainsmith_schemas.quantities import loss_text, parameters_text, plural, size
from trainsmith_schemas.runs import events
from trainsmith_trainer.formatting import duration


def line_of(event: events.Event) -> tuple[int, str]:
    """The level of `logging`, and the line."""
    match event:
        case events.RunStarted():
            return logging.INFO, _started(event)
        case events.Compiling():
            # The console shows it in its own way.
            return logging.DEBUG, f"compiling kernels, {event.kernels:,} so far"
        case events.Step():
            return logging.INFO, (
                f"step {event.step}  loss {loss_text(event.loss)}  lr {event.learning_rate:.2e}  "
                f"gradient {loss_text(event.grad_norm, 3)}  "
                f"{event.tokens_per_second:,.0f} tokens/s  {duration(event.seconds_left)} left"
            )
        case events.Validation():
            best = ", the best so far" if event.best else ""
            return logging.INFO, f"step {event.step}  validation loss {loss_text(event.loss)}{best}"
        case events.Sample():
            return logging.DEBUG, f"step {event.step}  sample {event.prompt + event.text!r}"
        case events.CheckpointSaved():
            best = ", the best so far" if event.best else ""
            written = f"checkpoint {event.path} ({size(event.size)}{best})"
            return logging.INFO, f"step {event.step}  {written}"
        case events.Warned():
            return logging.WARNING, f"warning: {event.message}"
        case events.RunFinished():
            return logging.INFO, _finished(event)
        case events.RunStopped():
            resume = f"; resume with: {event.resume}" if event.resume else ""
            return logging.WARNING, f"stopped after step {event.step}: {event.reason}{resume}"
        case events.RunFailed():
            where = f", {event.file}:{event.line}" if event.line else ""
            key = f" ({event.config_path}{where})" if event.config_path else ""
            advice = f"; {event.advice}" if event.advice else ""
            return logging.ERROR, f"failed after step {event.step}{key}: {event.message}{advice}"


def _started(event: events.RunStarted) -> str:
    epochs = event.total_steps / event.steps_per_epoch
    end = "the default length" if event.ends_by == "default" else f"{event.ends_by} ends the run"
    if event.smoke:
        end = "enough to try everything"
    start = f", from step {event.steps_before} ({event.resumed_from})" if event.resumed_from else ""
    if event.model_path and not event.resumed_from:
        start = f", from the weights in {event.model_path}"
    trained = event.trained_parameters
    parameters = parameters_text(event.parameters, trained or event.parameters)
    return (
        f"{'smoke ' if event.smoke else ''}run {event.name}{start}: "
        f"{parameters} on {event.device}; "
        f"{plural(event.total_steps, 'step')} ({end}; {epochs:.3g} epochs of "
        f"{event.steps_per_epoch:,}), each of {plural(event.effective_batch, 'sequence')}, "
        f"{event.tokens_per_step:,} tokens"
    )


def _finished(event: events.RunFinished) -> str:
    validation = event.validation_loss
    measured = "" if validation is None else f", validation loss {loss_text(validation)}"
    best = f"; the best checkpoint is {event.best_checkpoint}" if event.best_checkpoint else ""
    whole = event.whole_run_seconds
    estimate = "" if whole is None else f"; the whole run takes about {duration(whole)}"
    return (
        f"finished after {plural(event.step, 'step')} in {duration(event.seconds)}: "
        f"loss {loss_text(event.loss)}{measured}; the model is in {event.final}/{best}{estimate}"
        + (f"; {event.reason}" if event.reason else "")
    )
