"""The usable part of a document's config while the document still has problems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from trainsmith_schemas.base import Section
from trainsmith_schemas.problems import Path
from trainsmith_schemas.sections.documents import ModelDocument, TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.validation.validate import validate
from trainsmith_server.document.result import Analysis, KnownDocument


def readable(known: KnownDocument) -> Section | None:
    """The config without the values that have problems, so one mistake hides only itself.

    `None` if it is not valid even then.
    """
    if known.config is not None or not known.problems:
        return known.config
    data = _without(known.data, [problem.path for problem in known.problems])
    return validate(known.kind.model, data).config


def model_of(analysis: Analysis | None) -> TransformerConfig | None:
    """The model that a model file describes, unless it has problems."""
    for known in analysis.documents if analysis else ():
        if isinstance(known.config, ModelDocument):
            return known.config.transformer_config
    return None


def training_of(known: KnownDocument) -> TrainingDocument | None:
    """The usable part of a recipe."""
    config = readable(known) if known.kind.model is TrainingDocument else None
    return config if isinstance(config, TrainingDocument) else None


def _without(data: Any, paths: Iterable[Path]) -> Any:
    """A copy of mappings without the keys at paths; a path into a list removes the whole list."""
    if not isinstance(data, dict):
        return data
    mapping = cast("dict[Any, Any]", data)
    gone: set[Any] = set()
    inside: dict[Any, list[Path]] = {}
    for first, *rest in filter(None, paths):
        if rest and isinstance(mapping.get(first), dict):
            inside.setdefault(first, []).append(tuple(rest))
        else:
            gone.add(first)
    return {
        key: _without(value, inside[key]) if key in inside else value
        for key, value in mapping.items()
        if key not in gone
    }
