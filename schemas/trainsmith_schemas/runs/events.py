"""The events of a run. Each is one line of JSON in the run's `events.jsonl`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

RECORD = ConfigDict(
    frozen=True,
    extra="forbid",
    use_attribute_docstrings=True,
    defer_build=True,
    json_schema_serialization_defaults_required=True,
)
"""The configuration of every model that is written as JSON."""


_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, after which Python has no dates."""

LONGEST_TEXT = 50_000
"""In characters. Two such texts fit into a line that is still read, however they are escaped."""


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


_Text = Annotated[str, AfterValidator(_shortened)]
"""A longer text is cut off when it is written, and when it is read: anybody may have written it."""

_Steps = Annotated[int, Field(ge=0, le=2**53)]


class _Event(BaseModel):
    model_config = RECORD

    time: Annotated[float, Field(ge=0, le=_LAST_SECOND)]
    """When the event happened, in seconds since 1970."""


class RunStarted(_Event):
    """The first event of a run, written again whenever the run is resumed.

    It contains everything that is fixed before the next step. A resumed run takes the steps after
    `steps_before` again, so earlier events for those steps are superseded.
    """

    event: Literal["run_started"] = "run_started"
    name: _Text
    """The name of the run and of its folder."""
    config: _Text
    """The path of the recipe as it was given."""
    backend: _Text | None = None
    """The tensor library, by its name in `--backend`. Older runs do not have this field."""
    device: _Text
    """The device in words: `CPU, 2 threads`."""
    parameters: int
    """The number of parameters, without position vectors that are never trained."""
    trained_parameters: int | None = None
    """How many of them are trained, with LoRA; `None` if all are."""
    model_path: _Text | None = None
    """The folder of the initial weights, as written; `None` for random weights."""
    total_steps: _Steps
    """The number of optimizer steps in the whole run."""
    ends_by: Literal["max_steps", "num_epochs", "default"]
    """What determines the end of the run."""
    steps_per_epoch: int
    """The number of optimizer steps per epoch."""
    effective_batch: int
    """The number of sequences per optimizer step."""
    tokens_per_step: int
    """The number of tokens per optimizer step."""
    steps_before: _Steps = 0
    """The steps already taken: 0, or those of the checkpoint that the run resumes from."""
    resumed_from: _Text | None = None
    """The checkpoint that the run resumes from; relative to the run's folder if it is inside."""
    parent: _Text | None = None
    """The name of the previous run of the same recipe."""
    smoke: bool = False
    """Whether it is a smoke run."""
    task: _Text | None = None
    """The identifier of VS Code's task that started it; `None` if it was started otherwise."""


class Compiling(_Event):
    """The device's kernels are being compiled, which may take minutes; the next step ends it."""

    event: Literal["compiling"] = "compiling"
    kernels: _Steps
    """How many there are so far."""


class Step(_Event):
    """One optimizer step."""

    event: Literal["step"] = "step"
    step: _Steps
    """Counted from 1."""
    epoch: _Steps
    """Counted from 1."""
    loss: float
    """The mean cross-entropy over the tokens of the effective batch, in nats."""
    learning_rate: float
    grad_norm: float
    """The norm of the gradient before clipping."""
    tokens_per_second: float
    seconds_left: float
    """The estimated time until the end of the run."""


class Validation(_Event):
    """The loss was measured on the validation data."""

    event: Literal["validation"] = "validation"
    step: _Steps
    loss: float
    """The mean cross-entropy over the validation tokens, in nats."""
    best: bool
    """Whether it is the lowest so far."""


class Sample(_Event):
    """Text that the model generated."""

    event: Literal["sample"] = "sample"
    step: _Steps
    prompt: _Text
    text: _Text


class CheckpointSaved(_Event):
    """A checkpoint was completely written to disk."""

    event: Literal["checkpoint_saved"] = "checkpoint_saved"
    step: _Steps
    path: _Text
    """Relative to the run's folder."""
    size: int
    """In bytes."""
    best: bool = False
    """Whether it has the lowest validation loss of all checkpoints so far."""


class Warned(_Event):
    """A warning, which does not stop the run."""

    event: Literal["warned"] = "warned"
    message: _Text
    config_path: _Text | None = None
    """The key that it is about: `training_config.use_wandb`."""


class RunFinished(_Event):
    """The run reached its end, and the final model was written."""

    event: Literal["run_finished"] = "run_finished"
    step: _Steps
    loss: float
    """The training loss of the last step."""
    validation_loss: float | None
    seconds: float
    """The duration of the run."""
    final: _Text
    """The folder of the final model, relative to the run's folder."""
    best_checkpoint: _Text | None = None
    """The checkpoint with the lowest validation loss, relative to the run's folder."""
    whole_run_seconds: float | None = None
    """After a smoke run: the estimated duration of the whole run."""
    reason: _Text | None = None
    """Why the run ended before its last step, if it did."""


CTRL_C, STOP_COMMAND = "Ctrl-C", "trainsmith stop"
BY_USER = (CTRL_C, STOP_COMMAND)
"""The reasons of `RunStopped` that say that the user has asked."""


class RunStopped(_Event):
    """The run was stopped. Its last checkpoint is complete."""

    event: Literal["run_stopped"] = "run_stopped"
    step: _Steps
    reason: _Text
    resume: _Text | None = None
    """The command that resumes the run."""


class Change(BaseModel):
    """A value that is worth trying."""

    model_config = RECORD

    key: _Text
    """The key with its section: `training_config.learning_rate`."""
    value: bool | int | float | _Text


class RunFailed(_Event):
    """The run failed."""

    event: Literal["run_failed"] = "run_failed"
    step: _Steps
    message: _Text
    advice: _Text | None = None
    config_path: _Text | None = None
    """The key that caused it, if there is one: `training_config.learning_rate`."""
    file: _Text | None = None
    """The file where the key is, or would be; `None` if an option set it."""
    line: int | None = None
    """The line of the key's value, or of its section if the key is absent. Counted from 1."""
    change: Change | None = None
    """What to write there instead, if there is an obvious value to try."""


Event = Annotated[
    RunStarted
    | Compiling
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

Ending = RunFinished | RunStopped | RunFailed
ENDINGS = (RunFinished, RunStopped, RunFailed)
"""The events that end a run, until it is resumed."""
