"""Adds missing sections to a recipe, with values to start from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainsmith_schemas.base import FieldInfo, fields_of
from trainsmith_schemas.problems import Path, dotted
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_server.document.bind import BoundSection, find
from trainsmith_server.document.diagnostics import Edit
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.describe import to_yaml
from trainsmith_server.features.edits.layout import CannotMoveError, Piece, indented, lay_out
from trainsmith_server.features.edits.lines import replace_documents

_OFFERED = ("scheduler_config", "eval_config", "device_config", "optimizer", "lora_config")
"""The sections that are offered; others are for special purposes, or are required anyway."""

_SPECIAL = ("device_ids", "enable_tp", "momentum", "dampening", "ns_steps", "target_modules")
"""Keys that few recipes need."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A section that a document does not have."""

    document: KnownDocument
    path: Path
    field: FieldInfo


def missing_sections(analysis: Analysis, offset: int) -> Iterator[Missing]:
    """The sections that are missing in the document at an offset and that its trainer reads."""
    known = analysis.document_at(offset)
    if known is None or analysis.tree.faults:
        return
    for section in known.bindings.sections:
        for key, field in fields_of(section.section).items():
            path = (*section.path, key)
            offered = field.section and key in _OFFERED
            present = _is_present(known, path) or _is_set_flat(section, key, known)
            if offered and known.profile.name in field.read_by and not present:
                yield Missing(known, path, field)


def _is_present(known: KnownDocument, path: Path) -> bool:
    return find(known.document.root, path) is not None


def _is_set_flat(section: BoundSection, key: str, known: KnownDocument) -> bool:
    """Whether a recipe has a flat learning rate, which an optimizer block would override."""
    flat = (*section.path, "learning_rate")
    return key == "optimizer" and _is_present(known, flat)


def add_section(analysis: Analysis, missing: Missing) -> tuple[Edit, ...]:
    """The edits that add a section.

    Raises:
        CannotMoveError: something in the document can't be moved.
    """
    layout = lay_out(missing.document.document, analysis.lines)
    block = layout.root
    for key in missing.path[:-1]:
        piece = block.piece(str(key))
        if piece is None or piece.block is None:
            raise CannotMoveError(f"`{dotted(missing.path[:-1])}` is written in braces")
        block = piece.block
    apart = len(missing.path) == 1 and any("" in piece.above for piece in block.pieces[1:])
    tail, block.tail = block.tail, []
    lines = section_lines(missing.field, missing.document.profile.name)
    above = [*tail, *([""] if apart and (not tail or tail[-1].strip()) else [])]
    block.pieces.append(Piece(missing.field.key, above, lines))
    return replace_documents([layout], analysis.lines)


def section_lines(field: FieldInfo, trainer: Trainer) -> list[str]:
    """A section to start from: its keys with an example or a meaningful default."""
    assert field.section is not None
    lines = [
        f"{key}: {to_yaml(value)}"
        for key, inner in fields_of(field.section).items()
        if trainer in inner.read_by and (value := _value(inner)) is not None
    ]
    return [f"{field.key}:", *indented(lines, 2)]


def _value(field: FieldInfo) -> object:
    """The value to start from; `None` for a key that few recipes need."""
    if field.section or field.key in _SPECIAL:
        return None
    if field.examples:
        return field.examples[0].value
    if field.typical or field.key in ("type", "enable_ddp"):
        return field.default
    return None
