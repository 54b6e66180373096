"""Whole documents, and how they are recognised: by their shape, never by their file name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from trainsmith_schemas.base import Flag, ReadBy, Section, fields_of, homes_of
from trainsmith_schemas.sections.blacksmith import BlacksmithExperiment
from trainsmith_schemas.sections.device import DeviceConfig
from trainsmith_schemas.sections.evaluation import EvalConfig
from trainsmith_schemas.sections.grpo import GrpoConfig
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.multihost import MultihostConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.scheduler import SchedulerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.trainers.foreign_keys import OUR_KEYS
from trainsmith_schemas.validation.slips import slips

_TT_TRAIN = ReadBy("tt-train")


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

    grpo_config: Annotated[GrpoConfig | None, ReadBy("tt-train", "tt-train-flat")] = None
    """Where older tt-train described reinforcement learning; now a block of `training_config`."""

    diffusion_config: Annotated[dict[str, Any] | None, _TT_TRAIN] = None
    """How tt-train's image models add and remove noise."""

    logging_config: Annotated[dict[str, Any] | None, _TT_TRAIN] = None
    """What tt-train's image models write to their log."""


class ModelDocument(Section):
    """A model file: the shape of a model."""

    transformer_config: TransformerConfig
    """The shape of a model: how wide, how deep, how far it looks back."""


class LoraDocument(Section):
    """A LoRA file of tt-train."""

    lora_config: LoraConfig
    """Small trainable matrices beside frozen weights."""


class MultihostDocument(Section):
    """A multi-host file of tt-train: the machines that train one model."""

    multihost_config: MultihostConfig
    """Several machines that train one model."""


class OptimizerDocument(OptimizerConfig):
    """An optimizer file of tt-train: the optimizer block in a file of its own."""

    use_kahan_summation: Annotated[Flag, _TT_TRAIN] = False
    """The older name of `kahan_summation`, as tt-train's own optimizer files have it."""


@dataclass(frozen=True)
class Document:
    """A kind of document."""

    name: str
    """The name in messages and in the names of generated files."""
    title: str
    """The name in sentences."""
    model: type[Section]
    marks: tuple[str, ...]
    """Top-level keys by which it is recognised."""
    enough: int = 1
    """How many of the marks make a document of this kind."""

    @property
    def flat(self) -> bool:
        """The marks are plain keys, not sections."""
        return fields_of(self.model)[self.marks[0]].section is None


TRAINING = Document(
    "training",
    "training recipe",
    TrainingDocument,
    marks=("training_config", "device_config", "eval_config"),
)
MODEL = Document("model", "model file", ModelDocument, marks=("transformer_config",))
LORA = Document("lora", "LoRA file", LoraDocument, marks=("lora_config",))
MULTIHOST = Document("multihost", "multi-host file", MultihostDocument, marks=("multihost_config",))
OPTIMIZER = Document(
    "optimizer",
    "optimizer file",
    OptimizerDocument,
    marks=("type", "lr", "beta1", "beta2", "epsilon", "weight_decay", "amsgrad"),
    enough=4,
)
BLACKSMITH = Document(
    "blacksmith",
    "tt-blacksmith experiment",
    BlacksmithExperiment,
    marks=(
        "dataset_id",
        "model_name",
        "use_tt",
        "training_type",
        "framework",
        "project_dir",
        "steps_freq",
        "val_steps_freq",
        "checkpoint_metric",
        "mesh_axis_names",
    ),
    enough=2,
)
DOCUMENTS = (TRAINING, MODEL, LORA, MULTIHOST, OPTIMIZER, BLACKSMITH)


def recognise(data: Any) -> Document | None:
    """Tell which of our documents a mapping is, or `None` for anything else in the world.

    One section of ours at the top level is enough, since people are still typing, unless the
    document is mostly keys that we don't know: other tools have a `training_config` too. A flat
    document needs several marks, because single keys like `seed` say nothing. A section whose name
    is misspelt is one of ours where nothing speaks against it.
    """
    if not isinstance(data, Mapping):
        return None
    if found := next((document for document in DOCUMENTS if _is(document, data)), None):
        return found
    if len(data) > _FEW_SECTIONS:
        return None
    meant = _with_right_names(data)
    if meant.keys() == data.keys():
        return None
    kinds = (one for one in DOCUMENTS if not one.flat and _is(one, meant, strangers_allowed=0))
    return next(kinds, None)


_FEW_SECTIONS = 6
"""How many keys the top level of a document of sections may have before nobody guesses."""


def _with_right_names(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """A mapping with the names of sections that other spellings were meant for."""
    marks = [mark for document in DOCUMENTS if not document.flat for mark in document.marks]
    right = dict[Any, Any]()
    for key, value in data.items():
        near = (
            slips(key, marks, whole=True)
            if isinstance(key, str) and _could_be_section(value)
            else ()
        )
        right[near[0] if near and near[0] not in data else key] = value
    return right


def may_be_slips(top_level: Iterable[str]) -> bool:
    """Whether one of the keys at the top of a text may be a misspelt section of ours."""
    keys = list(islice(top_level, _FEW_SECTIONS + 1))
    return len(keys) <= _FEW_SECTIONS and _with_right_names(dict.fromkeys(keys)).keys() != set(keys)


_STRANGERS_WHILE_TYPING = 2


def _is(
    document: Document,
    data: Mapping[Any, Any],
    strangers_allowed: int = _STRANGERS_WHILE_TYPING,
) -> bool:
    found = [mark for mark in document.marks if mark in data]
    if not document.flat:
        found = [mark for mark in found if _could_be_section(data[mark])]
    if len(found) < document.enough:
        return False
    known, strangers = _count_keys(document.model, data)
    if known:
        # Beside a key of ours, one by another tool's name is ours by mistake.
        strangers = [key for key in strangers if not _has_our_name(document.model, key)]
    return len(strangers) <= max(known, strangers_allowed)


def _count_keys(model: type[Section], data: Mapping[Any, Any]) -> tuple[int, list[Any]]:
    """How many keys we know, in all sections, and those that we don't.

    A section's own name says little, so only what stands in it counts as known. A key of ours that
    stands in the wrong section, or is misspelt, counts as neither. The keys of a section that we
    don't know count as much as those of one that we do.
    """
    facts_by_key = fields_of(model)
    known, strangers = 0, list[Any]()
    for key, value in data.items():
        facts = facts_by_key.get(key)
        if facts and not facts.section:
            known += 1
        elif facts and facts.section and isinstance(value, Mapping):
            inner_known, inner_strangers = _count_in_section(model, facts.section, value)
            known += inner_known
            strangers += inner_strangers
        elif facts is None and _is_stranger(model, key):
            strangers.append(key)
            inner = value if isinstance(value, Mapping) else ()
            strangers += [name for name in inner if _is_stranger(model, name)]
    return known, strangers


_MANY = 40
"""After so many keys that we don't know, nobody asks whether the next one is a slip."""


def _count_in_section(
    model: type[Section], section: type[Section], data: Mapping[Any, Any]
) -> tuple[int, list[Any]]:
    known, strangers = 0, list[Any]()
    for key, value in data.items():
        facts = fields_of(section).get(key)
        if facts is None:
            strange = _is_stranger(model, key) and not (
                len(strangers) < _MANY and isinstance(key, str) and slips(key, fields_of(section))
            )
            strangers += [key] if strange else []
            continue
        known += 1
        if facts.section and isinstance(value, Mapping):
            known += sum(name in fields_of(facts.section) for name in value)
    return known, strangers


def _is_stranger(model: type[Section], key: Any) -> bool:
    return key not in homes_of(model)


def _has_our_name(model: type[Section], key: Any) -> bool:
    return OUR_KEYS.get(key) in homes_of(model)


def _could_be_section(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)
