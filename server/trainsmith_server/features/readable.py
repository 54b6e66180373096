"""The usable part of a document's config while the document still has problems."""

from __future__ import annotations

from typing import Any

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
    data = known.data
    for problem in known.problems:
        data = _without(data, problem.path)
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


def _without(data: Any, path: Path) -> Any:
    """A copy of mappings without the key at a path; a path into a list removes the whole list."""
    if not path or not isinstance(data, dict):
        return data
    first, *rest = path
    inner = data.get(first)
    if rest and isinstance(inner, dict):
        return {**data, first: _without(inner, tuple(rest))}
    return {key: value for key, value in data.items() if key != first}
