"""What a value implies for the run, and how it compares with usual values."""

from __future__ import annotations

from collections.abc import Mapping

from trainsmith_server.document.bind import Binding
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.inlay_hints import hints_of
from trainsmith_server.yaml.numbers import number_text
from trainsmith_server.yaml.tree import Mapping as MappingNode

_USUAL_RATE = 1e-4
"""For fine-tuning with Adam or AdamW."""
_RATES = ("learning_rate", "lr", "max_lr")


def implication(
    known: KnownDocument,
    binding: Binding,
    models: Mapping[str, Analysis],
    data: Mapping[str, int],
) -> str:
    """What a key's value implies, as Markdown; may be empty."""
    parts = [_compared_to_usual(known, binding)]
    value = binding.entry.value
    # A block section ends with its last value, whose hints are not the section's.
    block = isinstance(value, MappingNode) and not value.flow
    end = value.end if value and not block else -1
    parts += [
        f"Here: **{hint.text}**. {hint.tooltip}"
        for hint in hints_of(known, models, data)
        if hint.offset in (end, binding.entry.colon + 1)
    ]
    return "\n\n".join(part for part in parts if part)


def _compared_to_usual(known: KnownDocument, binding: Binding) -> str:
    """How far a number is from the usual range."""
    field, value = binding.field, _number(known, binding)
    if field is None or value is None:
        return ""
    if field.key in _RATES and value > 0:
        times = value / _USUAL_RATE
        if times >= 2:
            return f"Here it is **{times:,.4g} times** the usual rate for fine-tuning, 0.0001."
        if times <= 0.5:
            return f"Here it is **1/{1 / times:,.4g}** of the usual rate for fine-tuning, 0.0001."
        return ""
    if field.typical and not field.typical[0] <= value <= field.typical[1]:
        side = "below" if value < field.typical[0] else "above"
        return f"Here it is `{number_text(value)}`, **{side}** the usual range."
    return ""


def _number(known: KnownDocument, binding: Binding) -> float | None:
    value = known.data
    for part in binding.path:
        value = value.get(part) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) and type(value) is not bool else None
