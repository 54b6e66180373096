"""Converting between trainers: which keys are the same setting, and which have no counterpart.

Each key's own definition lists the trainers that read it. This module has only what involves
several keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
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
"""The names of each setting, as dotted paths. If a trainer reads several, the first is written."""

OPTIMIZER_FLAGS: Mapping[str, str] = {
    "use_moreh_adamw": "MorehAdamW",
    "use_no_op": "NoOp",
}
"""Older tt-train's flags in `training_config`, and the optimizer `type` that replaces each.

If neither flag is true, the type is `PLAIN_TYPE`.
"""
PLAIN_TYPE = "AdamW"
KAHAN_TYPES: Mapping[str, str] = {"AdamW": "AdamWComposite", "MorehAdamW": "AdamWComposite"}
"""The equivalent type with Kahan summation, for types without it."""

VALUES: Mapping[str, Mapping[Any, str]] = {"save_strategy": {"step": "steps"}}
"""Values of top-level keys that other trainers spell differently."""

_IN_MODEL_FILE = "move it to the model file"
_IN_FILE_OF_ITS_OWN = "move it to a file of its own and name that file in model_config"
INSTEAD: Mapping[Trainer, Mapping[str, str]] = {
    "tt-train": {
        "checkpoint_dir": "pass --checkpoint-dir",
        "model_type": _IN_MODEL_FILE,
        "model_path": _IN_MODEL_FILE,
        "transformer_config": _IN_FILE_OF_ITS_OWN,
        "tokenizer_type": "the extension of data_path decides",
        "tokenizer_path": "make a YAML file of tokens first",
    },
    "trainsmith": {
        "model_path": _IN_MODEL_FILE,
        "transformer_config": _IN_FILE_OF_ITS_OWN,
    },
}
"""What to do instead of writing a key that a trainer does not read."""

DEFAULTS: Mapping[str, Mapping[Trainer, str]] = {
    _OPTIMIZER + "lr": {"trainsmith": "0.0001", "tt-train": "0.001", "tt-train-flat": "0.0003"},
    _TRAINING + "use_clip_grad_norm": {
        "trainsmith": "true",
        "tt-train": "false",
        "tt-train-flat": "false",
    },
}
"""Defaults in YAML. A conversion writes them out if the other trainer's default differs."""


def targets(source: Trainer) -> list[Trainer]:
    """The trainers that a document can be converted to."""
    return [trainer for trainer in CONVERTIBLE_TO if trainer != source]


def synonyms(path: str) -> tuple[str, ...]:
    """All names of a setting, including this one. If a trainer reads several, the first wins."""
    return next((names for names in SYNONYMS if path in names), (path,))


def keys_for(key: str) -> tuple[str, ...]:
    """The names of a key's setting, without their sections."""
    return tuple(_names_by_key().get(key, ()))


@cache
def _names_by_key() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for names in SYNONYMS:
        group = [name.rpartition(".")[2] for name in names]
        for key in dict.fromkeys(group):
            found.setdefault(key, []).extend(group)
    return found


def counterpart(path: str, trainer: Trainer) -> str | None:
    """A trainer's name for a setting; `None` if it does not have the setting."""
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
