"""The kinds of document. A document is recognised by its keys, never by its file name."""

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
from trainsmith_schemas.sections.lora import LoraConfig, LoraFileConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.multihost import MultihostConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig
from trainsmith_schemas.sections.scheduler import SchedulerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_schemas.trainers.foreign_keys import OUR_KEYS
from trainsmith_schemas.validation.slips import slips

_TT_TRAIN = ReadBy("tt-train")


class TrainingDocument(Section):
    """A training recipe: how a model is trained and sampled, and on which devices."""

    training_config: TrainingConfig = TrainingConfig()
    """What to train on, for how long, at which learning rate, and what to log and save."""

    scheduler_config: SchedulerConfig | None = None
    """The learning rate schedule. Without this section, `scheduler_type` decides."""

    lora_config: Annotated[LoraConfig | None, ReadBy("trainsmith")] = None
    """Low-rank adaptation. Without this section, all weights are trained."""

    eval_config: EvalConfig = EvalConfig()
    """How the text samples at each validation are generated."""

    device_config: DeviceConfig = DeviceConfig()
    """The devices that a run uses, and how they divide the work."""

    grpo_config: Annotated[GrpoConfig | None, ReadBy("tt-train", "tt-train-flat")] = None
    """Older tt-train's settings for reinforcement learning; now a section of `training_config`."""

    diffusion_config: Annotated[dict[str, Any] | None, _TT_TRAIN] = None
    """How tt-train's image models add and remove noise."""

    logging_config: Annotated[dict[str, Any] | None, _TT_TRAIN] = None
    """What tt-train's image models log."""


class ModelDocument(Section):
    """A model file: the shape of a model."""

    transformer_config: TransformerConfig
    """The shape of a model: its width, depth, context length and layers."""


class LoraDocument(Section):
    """tt-train's LoRA file."""

    lora_config: Annotated[LoraFileConfig, _TT_TRAIN]
    """Low-rank adaptation: small matrices are trained, and the original weights stay frozen."""


class MultihostDocument(Section):
    """tt-train's multi-host file: the machines that train one model."""

    multihost_config: MultihostConfig
    """Training one model on several machines."""


class OptimizerDocument(OptimizerConfig):
    """tt-train's optimizer file: the optimizer section, in a separate file."""

    use_kahan_summation: Annotated[Flag, _TT_TRAIN] = False
    """The older name of `kahan_summation`, as in tt-train's own optimizer files."""


@dataclass(frozen=True)
class Document:
    """A kind of document."""

    name: str
    """The name in the protocol and in the names of generated files."""
    title: str
    """The name in sentences."""
    model: type[Section]
    marks: tuple[str, ...]
    """The top-level keys that identify it."""
    marks_needed: int = 1
    """How many of the marks are required."""

    @property
    def flat(self) -> bool:
        """Whether the marks are plain keys, not sections."""
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
    marks_needed=4,
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
    marks_needed=2,
)
DOCUMENTS = (TRAINING, MODEL, LORA, MULTIHOST, OPTIMIZER, BLACKSMITH)


def recognise(data: Any) -> Document | None:
    """The kind of document that a mapping is, or `None` if it is not ours.

    One of our sections at the top level is enough, since people may still be typing, unless most of
    the keys are unknown: other tools have a `training_config` too. A flat document needs several
    marks, because a single key such as `seed` proves nothing. A misspelt section name counts unless
    the document has more unknown keys than known ones.
    """
    if not isinstance(data, Mapping):
        return None
    if found := next((document for document in DOCUMENTS if _matches(document, data)), None):
        return found
    if len(data) > _FEW_SECTIONS:
        return None
    meant = _with_corrected_names(data)
    if meant.keys() == data.keys():
        return None
    kinds = (one for one in DOCUMENTS if not one.flat and _matches(one, meant, unknown_allowed=0))
    return next(kinds, None)


_FEW_SECTIONS = 6
"""With more top-level keys than this, misspelt section names are not considered."""


def _with_corrected_names(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """The mapping with misspelt section names corrected."""
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
    """Whether a top-level key may be a misspelt name of one of our sections."""
    keys = list(islice(top_level, _FEW_SECTIONS + 1))
    if len(keys) > _FEW_SECTIONS:
        return False
    return _with_corrected_names(dict.fromkeys(keys)).keys() != set(keys)


_UNKNOWN_WHILE_TYPING = 2


def _matches(
    document: Document,
    data: Mapping[Any, Any],
    unknown_allowed: int = _UNKNOWN_WHILE_TYPING,
) -> bool:
    found = [mark for mark in document.marks if mark in data]
    if not document.flat:
        found = [mark for mark in found if _could_be_section(data[mark])]
    if len(found) < document.marks_needed:
        return False
    known, unknown = _count_keys(document.model, data)
    if known:
        # Next to our keys, another tool's name for one of our keys is a mistake in our document.
        unknown = [key for key in unknown if not _has_our_name(document.model, key)]
    return len(unknown) <= max(known, unknown_allowed)


def _count_keys(model: type[Section], data: Mapping[Any, Any]) -> tuple[int, list[Any]]:
    """The number of known keys in all sections, and the unknown keys.

    A section's name proves little, so only its keys count as known. A key that is misspelt or in
    the wrong section counts as neither. The keys of an unknown section count as unknown too.
    """
    facts_by_key = fields_of(model)
    known, unknown = 0, list[Any]()
    for key, value in data.items():
        facts = facts_by_key.get(key)
        if facts and not facts.section:
            known += 1
        elif facts and facts.section and isinstance(value, Mapping):
            inner_known, inner_unknown = _count_in_section(model, facts.section, value)
            known += inner_known
            unknown += inner_unknown
        elif facts is None and _is_unknown(model, key):
            unknown.append(key)
            inner = value if isinstance(value, Mapping) else ()
            unknown += [name for name in inner if _is_unknown(model, name)]
    return known, unknown


_MANY = 40
"""After this many unknown keys, further ones are not compared with ours, to save time."""


def _count_in_section(
    model: type[Section], section: type[Section], data: Mapping[Any, Any]
) -> tuple[int, list[Any]]:
    known, unknown = 0, list[Any]()
    for key, value in data.items():
        facts = fields_of(section).get(key)
        if facts is None:
            is_unknown = _is_unknown(model, key) and not (
                len(unknown) < _MANY and isinstance(key, str) and slips(key, fields_of(section))
            )
            unknown += [key] if is_unknown else []
            continue
        known += 1
        if facts.section and isinstance(value, Mapping):
            known += sum(name in fields_of(facts.section) for name in value)
    return known, unknown


def _is_unknown(model: type[Section], key: Any) -> bool:
    return key not in homes_of(model)


def _has_our_name(model: type[Section], key: Any) -> bool:
    return OUR_KEYS.get(key) in homes_of(model)


def _could_be_section(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)
