"""Keys that this trainer does not support. None of them is ignored silently.

The trainer reads every key that is neither here nor another trainer's; a test trains and checks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.families.registry import reads, which_do
from trainsmith_schemas.problems import Path
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig, fields_with_effect
from trainsmith_schemas.trainers.profiles import who_does


@dataclass(frozen=True)
class UnsupportedKey:
    """What to report if a key is set to something other than its default."""

    severity: Literal["error", "warning"]
    because: str
    """A sentence after the key's name: what happens instead, what to write."""


def _of_tt_train(what: str) -> UnsupportedKey:
    return UnsupportedKey(
        "error",
        f"{what} is in the profile `tt-train`; here `enable_ddp` shares a batch over the devices",
    )


_OWN_MODEL_FILE = "describe the model in a file of its own and name it in `model_config`"

UNSUPPORTED_KEYS: Mapping[str, UnsupportedKey] = {
    "training_config.use_moreh_adamw": UnsupportedKey(
        "warning",
        "this is a kernel of ttnn, and only the backend `ttnn` computes what it does; the others "
        "compute AdamW without its rounding",
    ),
    "training_config.beta1": UnsupportedKey("error", "write `optimizer.beta1`"),
    "training_config.beta2": UnsupportedKey("error", "write `optimizer.beta2`"),
    "training_config.eps": UnsupportedKey("error", "write `optimizer.epsilon`"),
    "training_config.use_no_op": UnsupportedKey("error", "write `optimizer.type: NoOp`"),
    "training_config.transformer_config": UnsupportedKey("error", _OWN_MODEL_FILE),
    "training_config.model_path": UnsupportedKey("error", "`model_path` belongs in the model file"),
    "training_config.grpo_config": UnsupportedKey(
        "error", "reinforcement learning is tt-train's; remove the section"
    ),
    "training_config.multihost_config": UnsupportedKey("error", "training runs on one machine"),
    "device_config.enable_tp": _of_tt_train("tensor parallelism"),
    "device_config.enable_sp": _of_tt_train("sequence parallelism"),
    "device_config.enable_cp": _of_tt_train("context parallelism"),
}
"""By the full key. `devices.py` checks those of data parallelism."""


def unsupported_keys(config: Section, prefix: Path = ()) -> Iterator[tuple[Path, UnsupportedKey]]:
    """Every key of a config that was set and is not supported.

    Args:
        config: a whole document, or the model's section.
        prefix: the path of the config in its document.
    """
    for (name, info), facts in zip(
        type(config).model_fields.items(), fields_of(type(config)).values(), strict=True
    ):
        path = (*prefix, facts.key)
        value = getattr(config, name)
        entry = (
            UNSUPPORTED_KEYS.get(".".join(map(str, path)))
            or _of_other_trainers(facts)
            or _of_other_optimizers(config, name)
            or _of_other_families(config, name)
        )
        if entry and name in config.model_fields_set and value != info.default:
            yield path, entry
        elif isinstance(value, Section):
            yield from unsupported_keys(value, path)


def _of_other_trainers(facts: FieldInfo) -> UnsupportedKey | None:
    if "trainsmith" in facts.read_by:
        return None
    return UnsupportedKey("warning", f"Trainsmith does not read it; {who_does(facts.read_by)}")


def _of_other_optimizers(config: Section, name: str) -> UnsupportedKey | None:
    """A key that only other optimizers read."""
    if not isinstance(config, OptimizerConfig) or name == "type":
        return None
    if name in (fields_with_effect(config.type, "trainsmith") or ()):
        return None
    return UnsupportedKey("warning", f"the optimizer `{config.type}` does not have it; remove it")


def _of_other_families(config: Section, name: str) -> UnsupportedKey | None:
    """A key that only other families of models read."""
    if not isinstance(config, TransformerConfig) or reads(config.model_type, name):
        return None
    because = f"`{config.model_type}` does not read it, but {which_do(name)}; remove it"
    return UnsupportedKey("warning", because)


def every_key(section: type[Section] = TrainingDocument, prefix: Path = ()) -> Iterator[Path]:
    """The paths of all keys that a document may contain."""
    for facts in fields_of(section).values():
        path = (*prefix, facts.key)
        yield path
        if facts.section:
            yield from every_key(facts.section, path)
