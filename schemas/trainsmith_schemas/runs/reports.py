"""What the command line answers with `--format json`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from trainsmith_schemas.runs.events import Change


class _Report(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        defer_build=True,
        json_schema_serialization_defaults_required=True,
    )


class ReportedFinding(_Report):
    """One thing to say about a recipe."""

    place: str
    """Where it was written: `training.yaml:5:3`, or the option that set it."""
    severity: Literal["error", "warning"]
    code: str
    message: str
    """One sentence: what was found, what is expected, how to mend it."""
    config_path: str | None = None
    """The key that it is about, where there is one: `training_config.batch_size`."""


class PlannedCheckpoints(_Report):
    """The checkpoints of a run."""

    written: int
    """How many are written, the last step's among them."""
    kept: int
    """How many of them stay at most: the newest, and the one with the lowest validation loss."""
    bytes_each: int
    """The size of one, about."""
    bytes_kept: int
    """The size of those that stay, about."""


class PlannedMemory(_Report):
    """The memory that training takes, estimated."""

    parameters: int
    """Bytes of the weights, their gradients, and what the optimizer remembers."""
    activations: int
    """Bytes that the forward pass of a micro-batch keeps for the backward pass."""
    total: int
    """Bytes of both; the tensor library itself comes on top."""


class RunOutline(_Report):
    """What would run."""

    name: str
    """The run's name."""
    folder: str
    """The run's folder, relative to the working directory or absolute."""
    model_type: str
    model_path: str | None
    """The folder with the weights that the run begins with, as it is written; else random ones."""
    parameters: int
    """Trainable numbers in the model."""
    vocabulary: int
    """Different tokens."""
    sequence_length: int
    """Tokens that the model sees at once."""
    data: list[str]
    """The files to train on."""
    validation_data: list[str]
    """The files to validate with; without any, the end of the data is."""
    tokenizer: str | None
    """The tokenizer's file, where the recipe names one."""
    training_tokens: int
    counted_tokens: int
    """Those of them that the loss counts; it leaves prompts out, and the first has none before."""
    validation_tokens: int
    tokens_per_validation: int
    """How many of them a validation measures, about."""
    steps: int
    """Optimizer steps."""
    ends_by: Literal["max_steps", "num_epochs", "default"]
    """What decides the end of the run."""
    steps_per_epoch: int
    epochs: float
    """How often the data is read."""
    batch_size: int
    gradient_accumulation_steps: int
    effective_batch: int
    """Sequences that the optimizer sees at each step."""
    tokens_per_step: int
    learning_rate: float
    """The highest of the run."""
    learning_rate_key: str
    """The key that sets it."""
    validations: int
    """How often the model is measured."""
    checkpoints: PlannedCheckpoints
    memory: PlannedMemory


class DryRun(_Report):
    """The answer of `trainsmith train CONFIG --dry-run`."""

    config: str
    """The path of the recipe as it was given."""
    errors: list[ReportedFinding]
    """What keeps the recipe from running."""
    warnings: list[ReportedFinding]
    outline: RunOutline | None
    """What would run; nothing where there are errors."""


class Difference(_Report):
    """One thing that runs were told differently, by its meaning and not by its keys."""

    what: str
    """The setting in words, or its key: `learning rate`, `seed`."""
    keys: list[str]
    """The keys that decide it."""
    values: list[str]
    """What each run was told, in the order of the runs."""
    matters: bool
    """It can change what the model learns; what is only logged or saved otherwise cannot."""


class Advice(_Report):
    """What the losses of a run suggest to try next."""

    symptom: Literal["diverged", "overfitting", "jumpy", "flat", "too slow"]
    evidence: str
    """The numbers that show it."""
    change: Change
    """The one value to change."""


RunState = Literal["running", "finished", "stopped", "failed", "interrupted"]


class RunRecord(_Report):
    """A run, as its folder tells."""

    name: str
    folder: str
    config: str
    """The path of the recipe as it was given."""
    state: RunState
    """`interrupted` has no end and no process: it was killed, and `--resume` goes on."""
    smoke: bool
    started: float
    """Seconds since 1970."""
    seconds: float
    """From the first event to the last."""
    step: int
    """The last step that was taken."""
    total_steps: int
    loss: float | None
    """The training loss of the last step."""
    validation_loss: float | None
    """The last one that was measured."""
    best_validation_loss: float | None
    best_step: int | None
    """Where the best validation loss was measured."""
    reason: str | None
    """Why it stopped or failed."""
    parent: str | None
    """The run of the same recipe that came before."""
    changes: list[Difference] | None
    """What changed since the parent; nothing where there is none, or no word of its settings."""
    advice: list[Advice] = []
    """What to try next, one thing at most; nothing where all is well or too little is known."""


class RunList(_Report):
    """The answer of `trainsmith runs`."""

    folder: str
    runs: list[RunRecord]
    """The newest first."""


class Comparison(_Report):
    """The answer of `trainsmith compare`."""

    runs: list[RunRecord]
    """In the order in which they were named."""
    differences: list[Difference]
    matter: int
    """How many of them can change what the model learns: with more than one, none explains it."""
    curves: str | None
    """The picture with the curves of all."""
