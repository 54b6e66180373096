"""Trainer profiles: a file is checked for the trainer that will run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.problems import Path
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.wording import listed


@dataclass(frozen=True)
class Profile:
    """A trainer, as a reader of YAML."""

    name: Trainer
    title: str
    """The name in sentences."""
    about: str
    """The programs it stands for, as Markdown."""


PROFILES: Mapping[Trainer, Profile] = {
    profile.name: profile
    for profile in (
        Profile("trainsmith", "Trainsmith", "`trainsmith train`: every key does what it says."),
        Profile(
            "tt-train",
            "tt-train",
            "tt-metal's current `train.py` and `train_nanogpt.py`: a nested `optimizer` block.",
        ),
        Profile(
            "tt-train-flat",
            "tt-train 0.62 to 0.65",
            "tt-metal's older trainers: `learning_rate` and the like are in `training_config`.",
        ),
        Profile("blacksmith", "tt-blacksmith", "tt-blacksmith's experiments: one flat mapping."),
    )
}

FLAT_OPTIMIZER_KEYS: Mapping[str, str] = {
    "learning_rate": "lr",
    "weight_decay": "weight_decay",
    "beta1": "beta1",
    "beta2": "beta2",
    "eps": "epsilon",
    "use_moreh_adamw": "type",
    "use_kahan_summation": "kahan_summation",
    "use_no_op": "type",
}
"""Older tt-train's keys in `training_config`, and their names in the `optimizer` section."""

TWINS: Mapping[str, str] = {
    "validation_frequency": "eval_every",
    "checkpoint_frequency": "model_save_interval",
}
"""Pairs of names of one setting in `training_config`. If both are written, the first wins."""


NO_READER = "No trainer reads it yet."
"""What is said of a key that no trainer reads."""


def titles(trainers: Iterable[Trainer]) -> str:
    """The names of trainers in a sentence: `tt-train and tt-blacksmith`."""
    return listed(PROFILES[name].title for name in trainers)


def who_does(trainers: Sequence[Trainer]) -> str:
    """Who reads a key, after what this trainer does not do: `tt-train does`."""
    if not trainers:
        return "no trainer does yet"
    return f"{titles(trainers)} {'does' if len(trainers) == 1 else 'do'}"


def unread_keys(model: type[Section], data: Any, trainer: Trainer) -> Iterator[Path]:
    """The known keys in a document that a trainer does not read.

    For a section that is not read, there is one path, not one for each of its keys.
    """
    for path, facts in _known_keys(model, data):
        if trainer not in facts.read_by and not _inside_unread(model, path, trainer):
            yield path


def profiles_for(model: type[Section]) -> list[Profile]:
    """The trainers that read a kind of document."""
    readers = {trainer for facts in fields_of(model).values() for trainer in facts.read_by}
    return [profile for profile in PROFILES.values() if profile.name in readers]


def choose_profile(model: type[Section], data: Any) -> Profile:
    """The profile of the trainer that reads the most of a document.

    The keys of a file show which trainer it was written for: `project_name` is tt-train's,
    `validation_frequency` is ours, and a nested `optimizer` rules out the older tt-train. In a tie,
    ours wins only if it reads every key.
    """
    profiles = profiles_for(model)
    unread = {profile.name: _unread_size(model, data, profile.name) for profile in profiles}
    return min(profiles, key=lambda p: (unread[p.name], p.name == "trainsmith" and unread[p.name]))


def _unread_size(model: type[Section], data: Any, trainer: Trainer) -> int:
    """The number of keys that only other trainers read, including those in unread sections."""
    return sum(
        trainer not in facts.read_by or _inside_unread(model, path, trainer)
        for path, facts in _known_keys(model, data)
        if facts.read_by
    )


def _known_keys(
    model: type[Section], data: Any, prefix: Path = ()
) -> Iterator[tuple[Path, FieldInfo]]:
    """The known keys of a document, without those inside a section that no trainer reads."""
    if not isinstance(data, Mapping):
        return
    facts_by_key = fields_of(model)
    for key, value in data.items():
        facts = facts_by_key.get(key)
        if facts is None:
            continue
        path = (*prefix, key)
        yield path, facts
        if facts.section and facts.read_by:
            yield from _known_keys(facts.section, value, path)


def _inside_unread(model: type[Section], path: Path, trainer: Trainer) -> bool:
    section: type[Section] | None = model
    for key in path[:-1]:
        facts = fields_of(section)[str(key)] if section else None
        if facts is None or trainer not in facts.read_by:
            return facts is not None
        section = facts.section
    return False
