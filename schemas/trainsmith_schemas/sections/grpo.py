"""`training_config.grpo_config`: tt-train's reinforcement learning from rewards."""

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
    """Group relative policy optimization (GRPO): the rewards of several answers are compared.

    This is the only section in which tt-train refuses unknown keys.
    """

    epsilon: Annotated[Number | None, Field(gt=0), Examples(0.2), _TT_TRAIN] = None
    """The clipping range: how far an update may move the policy from the one that was sampled."""

    per_device_train_batch_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """The number of answers in one forward and backward pass on each device."""

    num_iterations: Annotated[Integer | None, Field(ge=1), Examples(1), _TT_TRAIN] = None
    """The number of updates per set of answers, before new ones are sampled."""

    gradient_accumulation_steps: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """The number of micro-batches whose gradients are accumulated before each update."""

    logging_steps: Annotated[Integer | None, Field(ge=1), Examples(1), _TT_TRAIN] = None
    """The number of steps between log lines."""

    checkpointing: Annotated[Flag | None, _TT_TRAIN] = None
    """Whether checkpoints are saved."""

    checkpoint_interval: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """The number of steps between checkpoints. Must be above zero if `checkpointing` is on."""

    prompts_to_train: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """The number of prompts after which the run ends."""

    temperature: Annotated[Number | None, Field(gt=0), Examples(1.0), _TT_TRAIN] = None
    """The randomness of sampling."""

    max_completion_length: Annotated[Integer | None, Field(ge=1), Examples(256), _TT_TRAIN] = None
    """The maximum number of tokens per answer."""

    num_generations: Annotated[Integer | None, Field(ge=1), Examples(8, 16), _TT_TRAIN] = None
    """The number of answers per prompt. They are the group whose rewards are compared."""

    warmup_steps: Annotated[Integer | None, Field(ge=0), _TT_TRAIN] = None
    """The number of steps over which the learning rate rises from zero."""

    output_dir: Annotated[FolderPath | None, _TT_TRAIN] = None
    """The folder for checkpoints."""

    log_completions: Annotated[Flag, _TT_TRAIN] = False
    """Whether answers are printed during training."""

    num_completions_to_print: Annotated[Integer, Field(ge=0), _TT_TRAIN] = 0
    """The number of answers to print at a time. `0`: all."""

    report_to: Annotated[Literal["none", "wandb"], _TT_TRAIN] = "none"
    """Where to send metrics."""

    run_name: Annotated[Text | None, _TT_TRAIN] = None
    """The run's name in Weights & Biases."""

    disable_default_monitor: Annotated[Flag, _TT_TRAIN] = False
    """Turns off the built-in monitor."""

    rollout_source: Annotated[Text | None, _TT_TRAIN] = None
    """The source of the sampled answers."""

    batch_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older key that tt-train ignores with a warning."""

    micro_batch_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older name of `per_device_train_batch_size`."""

    group_size: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older name of `num_generations`."""

    max_tokens_to_complete: Annotated[Integer | None, Field(ge=1), _TT_TRAIN] = None
    """An older name of `max_completion_length`."""
