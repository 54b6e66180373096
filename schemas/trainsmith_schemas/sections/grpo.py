"""`training_config.grpo_config`: tt-train's reinforcement learning from a reward."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import (
    Examples,
    Flag,
    FolderPath,
    Integer,
    Number,
    ReadBy,
    Section,
    Text,
)

_TT_TRAIN = ReadBy("tt-train")


class GrpoConfig(Section):
    """Group relative policy optimisation: answers to one prompt compete for a reward.

    The only section in which tt-train refuses unknown keys.
    """

    epsilon: Annotated[Number | None, Field(gt=0), Examples(0.2), _TT_TRAIN] = None
    """How far one update may move the policy from the one that wrote the answers."""

    per_device_train_batch_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """Answers that pass through the model at once on each device."""

    num_iterations: Annotated[Integer | None, Field(ge=1), Examples(1), _TT_TRAIN] = None
    """Updates from one set of answers before new ones are written."""

    gradient_accumulation_steps: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """Micro-batches whose gradients are added up before the weights move once."""

    logging_steps: Annotated[Integer | None, Field(ge=1), Examples(1), _TT_TRAIN] = None
    """Steps between two lines of the log."""

    checkpointing: Annotated[Flag | None, _TT_TRAIN] = None
    """Write checkpoints."""

    checkpoint_interval: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """Steps between checkpoints; above zero where `checkpointing` is on."""

    prompts_to_train: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """Prompts after which the run ends."""

    temperature: Annotated[Number | None, Field(gt=0), Examples(1.0), _TT_TRAIN] = None
    """How adventurous the answers are."""

    max_completion_length: Annotated[Integer | None, Field(ge=1), Examples(256), _TT_TRAIN] = None
    """Tokens in an answer, at most."""

    num_generations: Annotated[Integer | None, Field(ge=1), Examples(8, 16), _TT_TRAIN] = None
    """Answers to each prompt: the group whose rewards are compared."""

    warmup_steps: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """Steps during which the learning rate rises from zero."""

    output_dir: Annotated[FolderPath | None, _TT_TRAIN] = None
    """The folder for checkpoints."""

    log_completions: Annotated[Flag, _TT_TRAIN] = False
    """Print answers while training."""

    num_completions_to_print: Annotated[Integer, Field(ge=0), _TT_TRAIN] = 0
    """How many answers are printed at a time. `0`: all."""

    report_to: Annotated[Literal["none", "wandb"], _TT_TRAIN] = "none"
    """Where metrics are sent."""

    run_name: Annotated[Text | None, _TT_TRAIN] = None
    """The run's name in Weights & Biases."""

    disable_default_monitor: Annotated[Flag, _TT_TRAIN] = False
    """Leave out the built-in monitor."""

    rollout_source: Annotated[Text | None, _TT_TRAIN] = None
    """What writes the answers."""

    batch_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older key that tt-train reads past with a warning."""

    micro_batch_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """The older name of `per_device_train_batch_size`."""

    group_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older name of `num_generations`."""

    max_tokens_to_complete: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older name of `max_completion_length`."""
