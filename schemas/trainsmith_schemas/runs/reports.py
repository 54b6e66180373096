"""The JSON reports of the command line, with `--format json`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from trainsmith_schemas.runs.events import RECORD, Change


class _Report(BaseModel):
    model_config = RECORD


class ReportedFinding(_Report):
    """A finding in a recipe."""

    place: str
    """Where the value is set: `training.yaml:5:3`, or the command-line option."""
    severity: Literal["error", "warning"]
    code: str
    message: str
    """One sentence: what was found, what is expected, how to fix it."""
    config_path: str | None = None
    """The key that it is about, if there is one: `training_config.batch_size`."""


class PlannedCheckpoints(_Report):
    """The checkpoints of a run."""

    written: int
    """How many are written, including the one at the last step."""
    kept: int
    """How many are kept at most: the newest, and the one with the lowest validation loss."""
    bytes_each: int
    """The approximate size of one checkpoint."""
    bytes_kept: int
    """The approximate size of those that are kept."""


class PlannedMemory(_Report):
    """An estimate of the memory that each device needs at the peak of the run."""

    parameters: int
    """Bytes of the weights, the optimizer's state, and the gradients that exist at the peak."""
    activations: int
    """Bytes of the activations of a micro-batch, and of everything else that comes and goes."""
    total: int
    """Bytes of both, without the program and its libraries themselves."""
    free: int | None = None
    """Bytes that are free now: of a GPU if the run would use one; `None` if it is not known."""
    on_gpu: bool = False
    """Whether it is a GPU's memory."""


class RunOutline(_Report):
    """What would run."""

    name: str
    """The run's name."""
    folder: str
    """The run's folder, relative to the working directory or absolute."""
    backend: str | None
    """The tensor library that would compute; `None` if there is none here."""
    backend_reason: str | None
    """Why it is this one, if neither the recipe nor an option names it."""
    model_type: str
    model_path: str | None
    """The folder of the initial weights, as written; `None` for random weights."""
    parameters: int
    """The number of parameters, without position vectors that are never trained."""
    trained_parameters: int
    """How many of them are trained: all, or with LoRA, those that it adds and some biases."""
    vocabulary: int
    """The number of different tokens."""
    sequence_length: int
    """The most tokens in a training sequence."""
    data: list[str]
    """The files to train on."""
    validation_data: list[str]
    """The files to validate with. If empty, the end of the training data is used."""
    tokenizer: str | None
    """The tokenizer's file, if the recipe names one."""
    training_tokens: int
    counted_tokens: int
    """The training tokens that the loss covers: all but prompts and the very first token."""
    validation_tokens: int
    tokens_per_validation: int
    """The approximate number of tokens in one validation."""
    steps: int
    """The number of optimizer steps."""
    ends_by: Literal["max_steps", "num_epochs", "default"]
    """What determines the end of the run."""
    steps_per_epoch: int
    epochs: float
    """The number of passes over the data."""
    batch_size: int
    gradient_accumulation_steps: int
    effective_batch: int
    """The number of sequences per optimizer step."""
    tokens_per_step: int
    learning_rate: float
    """The highest learning rate of the run."""
    learning_rate_key: str
    """The key that sets it."""
    validations: int
    """The number of validations."""
    checkpoints: PlannedCheckpoints
    memory: PlannedMemory


class DryRun(_Report):
    """The report of `trainsmith train CONFIG --dry-run`."""

    config: str
    """The path of the recipe as it was given."""
    errors: list[ReportedFinding]
    """What prevents the recipe from running."""
    warnings: list[ReportedFinding]
    outline: RunOutline | None
    """What would run; `None` if there are errors."""


class LengthRange(_Report):
    """How many documents have a length within a range."""

    first: int
    """The smallest length, in tokens."""
    last: int
    """The largest length, in tokens."""
    documents: int
    too_long: int
    """How many of them are examples that are longer than a sequence may be."""


class Duplicates(_Report):
    """Documents that have the same text as an earlier one."""

    documents: int
    """How many there are."""
    place: str
    """The file and line of the first of them."""
    same_as: str
    """The file and line of the document with the same text."""


class DataPart(_Report):
    """The data to train on, or to validate with."""

    files: list[str]
    documents: int
    examples: int
    """How many of the documents have an input, which the loss does not count, and an answer."""
    tokens: int
    counted_tokens: int
    """How many tokens the loss counts."""
    sequences: int
    """How many sequences an epoch has."""
    median_length: float
    """Of the documents, in tokens."""
    lengths: list[LengthRange]
    """The lengths of the documents; empty if there is one text."""
    duplicates: Duplicates | None


class TextPiece(_Report):
    """Consecutive tokens that the loss counts, or does not count."""

    text: str
    tokens: int
    counted: bool
    begins_document: bool
    """Whether a document begins here, which the model reads as if it were alone."""


class DataSequence(_Report):
    """A sequence as the model reads it."""

    places: list[str]
    """The file and line of each of its documents; empty if a text is cut anywhere."""
    tokens: int
    counted_tokens: int
    pieces: list[TextPiece]
    left_out: int
    """How many tokens at the end are not in the pieces, because the sequence is very long."""


class DataView(_Report):
    """What the trainer sees of a recipe's data."""

    tokenizer: str
    """Where the tokenizer comes from, in words."""
    vocabulary: int
    sequence_length: int
    """The most tokens in a training sequence."""
    training: DataPart
    validation: DataPart | None
    """`None` if nothing is validated."""
    sequences: list[DataSequence]
    """The first ones, in the order in which training reads them."""


class DataReport(_Report):
    """The report of `trainsmith data CONFIG`."""

    config: str
    """The path of the recipe as it was given."""
    errors: list[ReportedFinding]
    """What prevents the recipe from running."""
    warnings: list[ReportedFinding]
    files: list[str]
    """The files that determine what the trainer sees, as far as they are known: the recipe, those
    that it names, and the data."""
    view: DataView | None
    """What the trainer sees; `None` if the data cannot be read."""


class Difference(_Report):
    """A setting that differs between runs, by its effect and not by its keys."""

    what: str
    """The setting in words, or its key: `learning rate`, `seed`."""
    keys: list[str]
    """The keys that determine it."""
    values: list[str]
    """The value for each run, in the order of the runs."""
    matters: bool
    """Whether it can change what the model learns; logging and saving cannot."""


class Advice(_Report):
    """What to try next, judging by the losses of a run."""

    symptom: Literal["diverged", "overfitting", "jumpy", "flat", "too slow"]
    evidence: str
    """The numbers that show it."""
    change: Change
    """The one value to change."""


RunState = Literal["running", "finished", "stopped", "failed", "interrupted"]


class RunRecord(_Report):
    """A run, as recorded in its folder."""

    name: str
    folder: str
    config: str
    """The path of the recipe as it was given."""
    state: RunState
    """`interrupted`: the run was killed before it ended; `--resume` resumes it."""
    smoke: bool
    started: float
    """Seconds since 1970."""
    seconds: float
    """The time from the first event to the last."""
    step: int
    """The last completed step."""
    total_steps: int
    loss: float | None
    """The training loss of the last step."""
    validation_loss: float | None
    """The loss of the last validation."""
    best_validation_loss: float | None
    best_step: int | None
    """The step with the best validation loss."""
    reason: str | None
    """Why it stopped or failed."""
    parent: str | None
    """The name of the previous run of the same recipe."""
    changes: list[Difference] | None
    """What changed since the parent; `None` if there is no parent or its settings are unknown."""
    advice: list[Advice] = []
    """What to try next: at most one suggestion."""


class UnreadableRun(_Report):
    """A folder of a run whose events cannot be read."""

    name: str
    folder: str
    reason: str
    """What was found, in a few words."""


class RunList(_Report):
    """The report of `trainsmith runs`."""

    folder: str
    runs: list[RunRecord]
    """Newest first."""
    unreadable: list[UnreadableRun] = []
    """By name."""


class Comparison(_Report):
    """The report of `trainsmith compare`."""

    runs: list[RunRecord]
    """In the order of the arguments."""
    differences: list[Difference]
    matter: int
    """How many differences matter. If several do, no single one explains the result."""
    curves: str | None
    """The picture with the curves of all runs."""
