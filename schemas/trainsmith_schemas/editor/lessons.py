"""The lesson and heading that teach each key. Tests compare them with the lessons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """A heading of a lesson."""

    lesson: str
    """The folder under `walkthroughs/`."""
    title: str
    """The title of the lesson."""
    heading: str


def _patterns(heading: str, *keys: str) -> dict[str, Chapter]:
    chapter = Chapter("01-configuration-patterns", "Configuration Patterns", heading)
    return dict.fromkeys(keys, chapter)


CHAPTERS: Mapping[str, Chapter] = {
    **_patterns(
        "A small recipe", "training_config", "seed", "data_path", "model_config", "checkpoint_dir"
    ),
    **_patterns("The batch that counts", "batch_size", "gradient_accumulation_steps"),
    **_patterns(
        "The learning rate",
        "learning_rate",
        "lr",
        "scheduler_type",
        "scheduler_config",
        "max_lr",
        "warmup_steps",
        "weight_decay",
    ),
    **_patterns("Steps and epochs", "max_steps", "num_epochs"),
    **_patterns(
        "Validate, then save",
        "validation_frequency",
        "eval_every",
        "checkpoint_frequency",
        "model_save_interval",
        "save_strategy",
        "keep_last_n",
        "validation_split",
        "validation_batch_size",
    ),
    **_patterns(
        "Sampling while you train",
        "eval_config",
        "temperature",
        "top_k",
        "top_p",
        "repetition_penalty",
    ),
    **_patterns("More than one device", "device_config", "mesh_shape", "enable_ddp"),
}
"""By the name of the key, in any section."""
