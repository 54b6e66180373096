"""Sorts the keys of a document into the schema's order."""

from __future__ import annotations

from trainsmith_schemas.base import Section, fields_of
from trainsmith_server.document.diagnostics import Edit
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.edits.layout import Block, Piece, lay_out
from trainsmith_server.features.edits.lines import replace_documents


def sort_keys(analysis: Analysis) -> tuple[Edit, ...]:
    """The edits that sort every known document; unknown keys come last.

    Comments move with their keys. Blank lines stay where they are, since they separate groups of
    lines.

    Raises:
        CannotMoveError: something in the text can't be moved.
    """
    layouts = [lay_out(known.document, analysis.lines) for known in analysis.documents]
    for known, layout in zip(analysis.documents, layouts, strict=True):
        _sort(layout.root, known.kind.model)
    return replace_documents(layouts, analysis.lines)


def _sort(block: Block, section: type[Section]) -> None:
    fields = fields_of(section)
    order = list(fields)
    blanks = [_take_blanks(piece) for piece in block.pieces]
    block.pieces.sort(key=lambda one: order.index(one.key) if one.key in fields else len(order))
    for piece, above in zip(block.pieces, blanks, strict=True):
        piece.above = above + piece.above
        field = fields.get(piece.key)
        if piece.block and field and field.section:
            _sort(piece.block, field.section)


def _take_blanks(piece: Piece) -> list[str]:
    """Remove the blank lines from the top of the lines above a key."""
    count = next((n for n, line in enumerate(piece.above) if line.strip()), len(piece.above))
    blanks, piece.above = piece.above[:count], piece.above[count:]
    return blanks
