"""Every family by its name."""

from __future__ import annotations

from importlib import import_module
from typing import cast, get_args

from trainsmith_schemas.families.family import (
    Family,
    HuggingFace,
    Layout,
    Shape,
    UnfinishedFamilyError,
)
from trainsmith_schemas.families.family import parameter_shapes as shapes_of_layout
from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.wording import listed


def family_of(name: ModelType) -> Family:
    """The family of a `model_type`: `FAMILY` in the folder with its name."""
    module = import_module(f"trainsmith_schemas.families.{name}.family")
    return cast("Family", module.FAMILY)


def all_families() -> tuple[Family, ...]:
    """Every family, in the order of `ModelType`."""
    return tuple(family_of(name) for name in get_args(ModelType))


def families_with(key: str, trainer: Trainer = "trainsmith") -> tuple[ModelType, ...]:
    """The families that read a key of `transformer_config`; empty if it is common to all.

    Args:
        key: the key.
        trainer: another trainer may not train all families, or not read the key in some.
    """
    return tuple(
        family.name
        for family in all_families()
        if key in family.keys
        and (
            trainer == "trainsmith"
            or (trainer in family.trained_by and key not in family.only_ours)
        )
    )


def reads(name: ModelType, key: str, trainer: Trainer = "trainsmith") -> bool:
    """Whether a family reads a key of `transformer_config`: one of its own or a common one."""
    return name in families_with(key, trainer) or not families_with(key)


def which_do(key: str, trainer: Trainer = "trainsmith") -> str:
    """The families that read a key, after one that does not: `llama` and `qwen3` do."""
    families = families_with(key, trainer)
    return f"{listed(f'`{one}`' for one in families)} {'does' if len(families) == 1 else 'do'}"


def not_trained(name: ModelType, trainer: Trainer) -> str | None:
    """Why a trainer cannot train a family, and what to do; `None` if it can."""
    family = family_of(name)
    if trainer in family.trained_by:
        return None
    others = listed(f"`{one}`" for one in family.trained_by)
    own = [f"`{one.name}`" for one in all_families() if trainer in one.trained_by]
    instead = f"write {listed(own, 'or')}" if own else "choose another trainer"
    do = "do" if len(family.trained_by) > 1 else "does"
    have = f"but {others} {do}" if others else "and no trainer does yet"
    return f"`{trainer}` does not train `model_type` {name}, {have}; {instead}"


def require_layout(config: TransformerConfig) -> Layout:
    """The layout of a model's family.

    Raises:
        UnfinishedFamilyError: the family has no layout, so its models cannot be counted, built or
            stored.
    """
    family = family_of(config.model_type)
    if family.layout is None:
        raise UnfinishedFamilyError(_not_here(family, "its layers are not known"))
    return family.layout


def require_hugging_face(config: TransformerConfig) -> HuggingFace:
    """How `transformers` stores a model's family.

    Raises:
        UnfinishedFamilyError: the family's form in `transformers` is not known.
    """
    family = family_of(config.model_type)
    if family.hugging_face is None:
        raise UnfinishedFamilyError(_not_here(family, "its layout in `transformers` is not known"))
    return family.hugging_face


def parameter_shapes(config: TransformerConfig) -> dict[str, Shape]:
    """The shape of each parameter of a model, by name; linear weights are (out, in).

    Args:
        config: the model's shape, including the size of the vocabulary.

    Raises:
        UnfinishedFamilyError: the family has no layout.
    """
    return shapes_of_layout(require_layout(config), config)


def _not_here(family: Family, why: str) -> str:
    return f"`model_type` is {family.name}, and Trainsmith does not train it: {why}"
