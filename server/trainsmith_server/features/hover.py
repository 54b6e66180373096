"""Hovers: the documentation of keys and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_server.document.bind import Binding
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.describe import description, heading, lesson, readers
from trainsmith_server.features.implications import implication
from trainsmith_server.features.model_summary import model_summary, model_text
from trainsmith_server.rules import all_rules
from trainsmith_server.yaml.tree import Mapping as MappingNode
from trainsmith_server.yaml.tree import Scalar, Sequence, Span


@dataclass(frozen=True, slots=True)
class Hover:
    """The text to show, and its span."""

    span: Span
    markdown: str


def hover(
    analysis: Analysis,
    offset: int,
    models: Mapping[str, Analysis] = MappingProxyType({}),
    data: Mapping[str, int] = MappingProxyType({}),
) -> Hover | None:
    """Describe the key or value at an offset and the rules that it violates.

    Args:
        analysis: the document.
        offset: the place in it.
        models: the model files that the document names, by their path as written.
        data: the sizes in bytes of the data files that it names, by their path as written.
    """
    known = analysis.document_at(offset)
    if known is None:
        return None
    at = _field_at(known, offset, models, data)
    rules = _rule_docs(analysis, offset)
    if at is None and not rules:
        return None
    parts = [at.markdown] if at else []
    span = at.span if at else rules[0][0]
    return Hover(span, "\n\n---\n\n".join([*parts, *(docs for _, docs in rules)]))


def _field_at(
    known: KnownDocument, offset: int, models: Mapping[str, Analysis], data: Mapping[str, int]
) -> Hover | None:
    """The innermost entry whose key or one-line value is at the offset."""
    for binding in reversed(known.bindings.entries):
        span = _span_at(binding, offset)
        if span and binding.field:
            field = binding.field
            parts = [
                heading(field),
                implication(known, binding, models, data),
                description(field),
                " ".join(part for part in (readers(field), lesson(field)) if part),
                _model_at(known, binding, models),
            ]
            return Hover(span, "\n\n".join(part for part in parts if part))
    return None


def _model_at(known: KnownDocument, binding: Binding, models: Mapping[str, Analysis]) -> str:
    """The model that an entry names by a model file or a folder, as Markdown."""
    value = binding.entry.value
    if not isinstance(value, Scalar):
        return ""
    if binding.path == ("transformer_config", "model_path"):
        config = known.config if isinstance(known.config, ModelDocument) else None
        return model_text(config.transformer_config) if config and value.text else ""
    if binding.path[-1] != "model_config":
        return ""
    model = models.get(value.text)
    return model_summary(model) if model else ""


def _span_at(binding: Binding, offset: int) -> Span | None:
    key, value = binding.entry.key, binding.entry.value
    if key.start <= offset <= key.end:
        return key.start, key.end
    if value is None or (isinstance(value, (MappingNode, Sequence)) and not value.flow):
        return None
    return (value.start, value.end) if value.start <= offset <= value.end else None


def _rule_docs(analysis: Analysis, offset: int) -> list[tuple[Span, str]]:
    rules = {rule.code: rule for rule in all_rules()}
    return [
        (diagnostic.span, f"**{rule.title}** (`{rule.code}`)\n\n{rule.docs}")
        for diagnostic in analysis.diagnostics
        if (rule := rules.get(diagnostic.code))
        and diagnostic.span[0] <= offset <= diagnostic.span[1]
    ]
