"""An event as one line for people."""

from __future__ import annotations

import logging

from trainsmith_schemas import events


def line_of(event: events.Event) -> tuple[int, str]:
    """The line, and how serious it is on the scale of `logging`."""
    match event:
        case events.RunStarted():
            return logging.INFO, _started(event)
        case events.Step():
            return logging.INFO, (
                f"step {event.step}  loss {event.loss:.4f}  lr {event.learning_rate:.2e}  "
                f"gradient {event.grad_norm:.3f}  {event.tokens_per_second:,.0f} tokens/s  "
                f"{duration(event.seconds_left)} left"
            )
        case events.Validation():
            best = ", the best so far" if event.best else ""
            return logging.INFO, f"step {event.step}  validation loss {event.loss:.4f}{best}"
        case events.Sample():
            return logging.DEBUG, f"step {event.step}  sample {event.prompt + event.text!r}"
        case events.CheckpointSaved():
            size = event.size / 1e6
            return logging.INFO, f"step {event.step}  checkpoint {event.path} ({size:.1f} MB)"
        case events.Warned():
            return logging.WARNING, f"warning: {event.message}"
        case events.RunFinished():
            validation = event.validation_loss
            measured = "" if validation is None else f", validation loss {validation:.4f}"
            return logging.INFO, (
                f"finished after {event.step} steps in {duration(event.seconds)}: "
                f"loss {event.loss:.4f}{measured}; the model is in {event.final}/"
            )
        case events.RunStopped():
            return logging.WARNING, f"stopped after step {event.step}: {event.reason}"
        case events.RunFailed():
            key = f" ({event.config_path})" if event.config_path else ""
            advice = f"; {event.advice}" if event.advice else ""
            return logging.ERROR, f"failed after step {event.step}{key}: {event.message}{advice}"


def _started(event: events.RunStarted) -> str:
    epochs = event.total_steps / event.steps_per_epoch
    end = {"default": "the default length"}.get(event.ends_by, f"{event.ends_by} ends the run")
    return (
        f"run {event.name}: {event.parameters:,} parameters on {event.device}; "
        f"{event.total_steps:,} steps ({end}; {epochs:.3g} epochs of {event.steps_per_epoch:,}), "
        f"each of {event.effective_batch} sequences, {event.tokens_per_step:,} tokens"
    )


def duration(seconds: float) -> str:
    """Seconds as `m:ss` or `h:mm:ss`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
