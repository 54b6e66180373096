"""Sections that a recipe could have and lacks, with the values that one would begin with."""

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

_MOST_WANTED = ("scheduler_config", "eval_config", "device_config", "optimizer", "lora_config")
"""Sections that one adds; others are for special purposes, or begin a file."""

_SPECIAL = ("device_ids", "enable_tp", "momentum", "dampening", "ns_steps")
"""Keys that few recipes need."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A section that is not there."""

    document: KnownDocument
    path: Path
    field: FieldInfo


def missing_sections(analysis: Analysis, offset: int) -> Iterator[Missing]:
    """The sections that the document at an offset lacks and that its trainer would read."""
    known = analysis.document_at(offset)
    if known is None or analysis.tree.faults:
        return
    for section in known.bindings.sections:
        for key, field in fields_of(section.section).items():
            path = (*section.path, key)
            wanted = field.section and key in _MOST_WANTED
            there = _is_there(known, path) or _says_it_flat(section, key, known)
            if wanted and known.profile.name in field.read_by and not there:
                yield Missing(known, path, field)


def _is_there(known: KnownDocument, path: Path) -> bool:
    return find(known.document.root, path) is not None


def _says_it_flat(section: BoundSection, key: str, known: KnownDocument) -> bool:
    """Whether a recipe for Trainsmith has a rate already, which a block would win over."""
    flat = (*section.path, "learning_rate")
    return key == "optimizer" and _is_there(known, flat)


def add_section(analysis: Analysis, missing: Missing) -> tuple[Edit, ...]:
    """The edits that write a section at its place.

    Raises:
        CannotMoveError: something in the document must stay where it stands.
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
    """A section as one would begin it: what has an example, or a default that says something."""
    assert field.section is not None
    lines = [
        f"{key}: {to_yaml(value)}"
        for key, facts in fields_of(field.section).items()
        if trainer in facts.read_by and (value := _value(facts)) is not None
    ]
    return [f"{field.key}:", *indented(lines, 2)]


def _value(facts: FieldInfo) -> object:
    """What one would write first; nothing for a key that only special purposes need."""
    if facts.section or facts.key in _SPECIAL:
        return None
    if facts.examples:
        return facts.examples[0].value
    if facts.typical or facts.key in ("type", "enable_ddp"):
        return facts.default
    return None
