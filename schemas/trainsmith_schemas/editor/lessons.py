"""The lesson and heading that teach each key. Tests compare them with the lessons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Chapter:
    """A heading of a lesson."""

    lesson: str
    """The folder under `walkthroughs/`."""
    title: str
    """The title of the lesson."""
    heading: str


Taught: TypeAlias = tuple[str, Chapter]
"""A key and the chapter that teaches it."""


def _chapters(lesson: str, title: str, keys: Mapping[str, tuple[str, ...]]) -> list[Taught]:
    """The keys that a lesson teaches, by heading."""
    return [(key, Chapter(lesson, title, heading)) for heading, own in keys.items() for key in own]


def by_key(taught: Iterable[Taught]) -> Mapping[str, Chapter]:
    """The chapter of each key.

    Raises:
        ValueError: a key is in two chapters; a hover names one.
    """
    chapters: dict[str, Chapter] = {}
    for key, chapter in taught:
        if key in chapters:
            raise ValueError(f"`{key}` is in two chapters; move it to one")
        chapters[key] = chapter
    return chapters


CHAPTERS = by_key(
    [
        *_chapters(
            "01-configuration-patterns",
            "Configuration Patterns",
            {
                "A small recipe": (
                    "training_config",
                    "seed",
                    "data_path",
                    "model_config",
                    "checkpoint_dir",
                ),
                "The batch that counts": ("batch_size", "gradient_accumulation_steps"),
                "The learning rate": (
                    "learning_rate",
                    "lr",
                    "scheduler_type",
                    "scheduler_config",
                    "max_lr",
                    "warmup_steps",
                    "weight_decay",
                ),
                "Steps and epochs": ("max_steps", "num_epochs"),
                "Validate, then save": (
                    "validation_frequency",
                    "eval_every",
                    "checkpoint_frequency",
                    "model_save_interval",
                    "save_strategy",
                    "keep_last_n",
                    "validation_split",
                    "validation_batch_size",
                ),
                "Sampling while you train": (
                    "eval_config",
                    "temperature",
                    "top_k",
                    "top_p",
                    "repetition_penalty",
                ),
                "More than one device": ("device_config", "mesh_shape", "enable_ddp"),
            },
        ),
    ]
)
"""By the name of the key, in any section. Another lesson is another `*_chapters(…)`."""
