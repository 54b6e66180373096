"""The metrics of an event, by the names that experiment trackers show."""

from __future__ import annotations

from trainsmith_schemas.runs import events


def metrics_of(event: events.Event) -> dict[str, float]:
    """The metrics of the event's step; none for an event that is not a measurement."""
    if isinstance(event, events.Step):
        return {
            "train/loss": event.loss,
            "train/learning_rate": event.learning_rate,
            "train/grad_norm": event.grad_norm,
            "train/epoch": event.epoch,
            "train/tokens_per_second": event.tokens_per_second,
        }
    if isinstance(event, events.Validation):
        return {"validation/loss": event.loss}
    return {}
