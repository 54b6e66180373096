"""From one trainer's keys to another's: which keys are one setting, and what has no counterpart.

Who reads a key stands at the key itself. Here stands only what no single key can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainsmith_schemas.base import Section, fields_of
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.trainers.names import CONVERTIBLE_TO, Trainer

_TRAINING = "training_config."
_OPTIMIZER = "training_config.optimizer."

SYNONYMS: tuple[tuple[str, ...], ...] = (
    (_OPTIMIZER + "lr", _TRAINING + "learning_rate", "learning_rate"),
    (_OPTIMIZER + "weight_decay", _TRAINING + "weight_decay", "weight_decay"),
    (_OPTIMIZER + "beta1", _TRAINING + "beta1", "adam_beta1"),
    (_OPTIMIZER + "beta2", _TRAINING + "beta2", "adam_beta2"),
    (_OPTIMIZER + "epsilon", _TRAINING + "eps", "adam_eps"),
    (_OPTIMIZER + "kahan_summation", _TRAINING + "use_kahan_summation"),
    (_TRAINING + "validation_frequency", _TRAINING + "eval_every", "val_steps_freq"),
    (_TRAINING + "checkpoint_frequency", _TRAINING + "model_save_interval", "save_steps"),
    (_TRAINING + "batch_size", "batch_size"),
    (_TRAINING + "gradient_accumulation_steps", "gradient_accumulation_steps"),
    (_TRAINING + "num_epochs", "num_epochs"),
    (_TRAINING + "max_steps", "max_steps"),
    (_TRAINING + "seed", "seed"),
    (_TRAINING + "clip_grad_norm_max_norm", "max_grad_norm"),
    (_TRAINING + "save_strategy", "save_strategy"),
    (_TRAINING + "keep_last_n", "keep_last_n"),
    (_TRAINING + "log_level", "log_level"),
    (_TRAINING + "use_wandb", "use_wandb"),
    (_TRAINING + "wandb_project", "wandb_project"),
    (_TRAINING + "wandb_run_name", "wandb_run_name"),
    ("scheduler_config.warmup_steps", "warmup_steps"),
    ("scheduler_config.min_lr", "end_learning_rate"),
    ("device_config.mesh_shape", "mesh_shape"),
)
"""Names of one setting, as dotted paths; of several that a trainer reads, it gets the first."""

OPTIMIZER_FLAGS: Mapping[str, str] = {
    "use_moreh_adamw": "MorehAdamW",
    "use_no_op": "NoOp",
}
"""Flags of older tt-train's `training_config`, and the `type` that each is now when it is true.

Without either it is `AdamW`.
"""
PLAIN_TYPE = "AdamW"
KAHAN_TYPES: Mapping[str, str] = {"AdamW": "AdamWComposite", "MorehAdamW": "AdamWComposite"}
"""The type that has Kahan summation, for those that have none and are the same mathematics."""

VALUES: Mapping[str, Mapping[Any, str]] = {"save_strategy": {"step": "steps"}}
"""Values of a key at the top level that other trainers spell otherwise."""

INSTEAD: Mapping[Trainer, Mapping[str, str]] = {
    "tt-train": {
        "checkpoint_dir": "pass --checkpoint-dir",
        "model_type": "it stands in the model file",
        "model_path": "it stands in the model file",
        "transformer_config": "it stands in a file of its own that model_config names",
        "tokenizer_type": "it goes by the extension of data_path",
        "tokenizer_path": "make a YAML file of tokens first",
    },
    "trainsmith": {
        "model_path": "it stands in the model file",
        "transformer_config": "it stands in a file of its own that model_config names",
    },
}
"""What to do in place of a key that a trainer doesn't read."""

DEFAULTS: Mapping[str, Mapping[Trainer, str]] = {
    _OPTIMIZER + "lr": {"trainsmith": "0.0001", "tt-train": "0.001", "tt-train-flat": "0.0003"},
    _TRAINING + "use_clip_grad_norm": {
        "trainsmith": "true",
        "tt-train": "false",
        "tt-train-flat": "false",
    },
}
"""What counts without a key, as YAML; written out for a trainer with another default."""


def targets(source: Trainer) -> list[Trainer]:
    """The trainers that a document of a trainer can be converted to."""
    return [trainer for trainer in CONVERTIBLE_TO if trainer != source]


def synonyms(path: str) -> tuple[str, ...]:
    """All names of a setting, this one among them; the earlier of two wins where both are read."""
    return next((names for names in SYNONYMS if path in names), (path,))


def keys_for(key: str) -> tuple[str, ...]:
    """The keys that are one setting with a key, whichever section each stands in."""
    groups = ([name.rpartition(".")[2] for name in names] for names in SYNONYMS)
    return tuple(name for group in groups if key in group for name in group)


def counterpart(path: str, trainer: Trainer) -> str | None:
    """The name under which a trainer reads a setting; `None` where it has none."""
    return next((name for name in synonyms(path) if reads(name, trainer)), None)


def reads(path: str, trainer: Trainer) -> bool:
    """Whether a trainer reads a key of a training recipe."""
    section: type[Section] | None = TrainingDocument
    for key in path.split("."):
        facts = fields_of(section).get(key) if section else None
        if facts is None or trainer not in facts.read_by:
            return False
        section = facts.section
    return True
