"""Whole documents, and how they are recognised: by their shape, never by their file name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainsmith_schemas.base import Section, fields_of
from trainsmith_schemas.device import DeviceConfig
from trainsmith_schemas.evaluation import EvalConfig
from trainsmith_schemas.model import TransformerConfig
from trainsmith_schemas.scheduler import SchedulerConfig
from trainsmith_schemas.training import TrainingConfig


class TrainingDocument(Section):
    """A training recipe: what is trained, how it is sampled, and on which devices."""

    training_config: TrainingConfig = TrainingConfig()
    """What is trained, on which data, how fast, and what is written down."""

    scheduler_config: SchedulerConfig | None = None
    """How the learning rate moves. Without this section it stays as it is."""

    eval_config: EvalConfig = EvalConfig()
    """How the samples that accompany each validation are drawn."""

    device_config: DeviceConfig = DeviceConfig()
    """The devices that a run uses, and how they share its work."""


class ModelDocument(Section):
    """A model file: the shape of a model."""

    transformer_config: TransformerConfig
    """The shape of a model: how wide, how deep, how far it looks back."""


@dataclass(frozen=True)
class Document:
    """A kind of document."""

    name: str
    """The name in messages and in the names of generated files."""
    title: str
    """The name in sentences."""
    model: type[Section]
    marks: tuple[str, ...]
    """Top-level sections by which it is recognised, the surest first."""


TRAINING = Document(
    name="training",
    title="training recipe",
    model=TrainingDocument,
    marks=("training_config", "device_config", "eval_config"),
)
MODEL = Document(
    name="model", title="model file", model=ModelDocument, marks=("transformer_config",)
)
DOCUMENTS = (TRAINING, MODEL)


def recognise(data: Any) -> Document | None:
    """Tell which of our documents a mapping is, or `None` for anything else in the world.

    One section of ours at the top level is enough, since people are still typing, unless the
    document is mostly keys that we don't know: other tools have a `training_config` too.
    """
    if not isinstance(data, Mapping):
        return None
    return next((document for document in DOCUMENTS if _is(document, data)), None)


def _is(document: Document, data: Mapping[Any, Any]) -> bool:
    sections = fields_of(document.model)
    if not any(mark in data and _could_be_section(data[mark]) for mark in document.marks):
        return False
    known = strangers = 0
    for name, value in data.items():
        section = sections[name].section if name in sections else None
        strangers += section is None
        if section and isinstance(value, Mapping):
            ours = sum(key in fields_of(section) for key in value)
            known += ours
            strangers += len(value) - ours
    return strangers <= max(known, _STRANGERS_WHILE_TYPING)


_STRANGERS_WHILE_TYPING = 2


def _could_be_section(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)
