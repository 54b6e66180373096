"""What a run says: one event, one line of JSON in the run's `events.jsonl`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Event(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    time: float
    """Seconds since 1970, when the event happened."""


class RunStarted(_Event):
    """The first event of a run, and of each time that it goes on after an end.

    It tells everything that is fixed before the next step. Steps after `steps_before` that an
    interrupted run had taken are taken again: what was said of them does not count any more.
    """

    event: Literal["run_started"] = "run_started"
    name: str
    """The run's name, which is also its folder's."""
    config: str
    """The path of the recipe as it was given."""
    backend: str | None = None
    """The tensor library that computes, as `--backend` names it; older runs do not say."""
    device: str
    """The device in words: `CPU, 2 threads`."""
    parameters: int
    """Trainable numbers in the model."""
    model_path: str | None = None
    """The folder with the weights that the run began with, as it is written; else random ones."""
    total_steps: int
    """Optimizer steps after which the run ends."""
    ends_by: Literal["max_steps", "num_epochs", "default"]
    """What decides the end of the run."""
    steps_per_epoch: int
    """Optimizer steps in one reading of the data."""
    effective_batch: int
    """Sequences that the optimizer sees at each step."""
    tokens_per_step: int
    """Tokens that the optimizer sees at each step."""
    steps_before: int = 0
    """Optimizer steps that were taken before: 0, or those of the checkpoint it goes on from."""
    resumed_from: str | None = None
    """The checkpoint that the run goes on from, relative to its folder where it lies in there."""
    parent: str | None = None
    """The run of the same recipe that came before, by its name."""
    smoke: bool = False
    """It is a short run that tries everything."""


class Step(_Event):
    """One optimizer step."""

    event: Literal["step"] = "step"
    step: int
    """Counted from 1."""
    epoch: int
    """Counted from 1."""
    loss: float
    """Mean cross entropy over the tokens of the effective batch, in nats."""
    learning_rate: float
    grad_norm: float
    """The gradient's length before clipping."""
    tokens_per_second: float
    seconds_left: float
    """Estimated time to the end of the run."""


class Validation(_Event):
    """The model was measured on data that it is not trained on."""

    event: Literal["validation"] = "validation"
    step: int
    loss: float
    """Mean cross entropy over the validation tokens, in nats."""
    best: bool
    """It is the lowest so far."""


class Sample(_Event):
    """Text that the model wrote."""

    event: Literal["sample"] = "sample"
    step: int
    prompt: str
    text: str


class CheckpointSaved(_Event):
    """A checkpoint is whole on disk."""

    event: Literal["checkpoint_saved"] = "checkpoint_saved"
    step: int
    path: str
    """Relative to the run's folder."""
    size: int
    """Bytes."""
    best: bool = False
    """Of the checkpoints so far, it has the lowest validation loss."""


class Warned(_Event):
    """Something that the user should know and that does not stop the run."""

    event: Literal["warned"] = "warned"
    message: str
    config_path: str | None = None
    """The key it is about: `training_config.use_wandb`."""


class RunFinished(_Event):
    """The run reached its end and the final model is written."""

    event: Literal["run_finished"] = "run_finished"
    step: int
    loss: float
    """The training loss of the last step."""
    validation_loss: float | None
    seconds: float
    """The run's duration."""
    final: str
    """The folder of the final model, relative to the run's folder."""
    best_checkpoint: str | None = None
    """The checkpoint with the lowest validation loss, relative to the run's folder."""
    whole_run_seconds: float | None = None
    """After a smoke run: how long the whole run would take."""


class RunStopped(_Event):
    """Somebody stopped the run; its last checkpoint is whole."""

    event: Literal["run_stopped"] = "run_stopped"
    step: int
    reason: str
    resume: str | None = None
    """The command that goes on from there."""


class Change(BaseModel):
    """One value that is worth trying instead."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )

    key: str
    """In full: `training_config.learning_rate`."""
    value: bool | int | float | str


class RunFailed(_Event):
    """The run could not go on."""

    event: Literal["run_failed"] = "run_failed"
    step: int
    message: str
    advice: str | None = None
    config_path: str | None = None
    """The key that caused it, where there is one: `training_config.learning_rate`."""
    file: str | None = None
    """The file in which the key stands, or would; nothing where an option had set it."""
    line: int | None = None
    """The line of the key's value, or of its section where the key is not written; from 1."""
    change: Change | None = None
    """What to write there instead, where one value is the natural thing to try."""


Event = Annotated[
    RunStarted
    | Step
    | Validation
    | Sample
    | CheckpointSaved
    | Warned
    | RunFinished
    | RunStopped
    | RunFailed,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)

ENDINGS = (RunFinished, RunStopped, RunFailed)
"""The events after which nothing follows, until the run goes on."""
