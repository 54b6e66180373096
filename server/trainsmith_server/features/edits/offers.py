"""The edits of a whole document that the editor's menu offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from trainsmith_schemas.trainers.profiles import PROFILES
from trainsmith_server.document.diagnostics import Edit
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.edits.conversion import conversions, convert_document
from trainsmith_server.features.edits.layout import CannotMoveError
from trainsmith_server.features.edits.order import sort_keys
from trainsmith_server.features.edits.sections import add_section, missing_sections

Kind = Literal["convert", "section", "sort"]


@dataclass(frozen=True, slots=True)
class Offer:
    """An edit of a document."""

    title: str
    kind: Kind
    edits: tuple[Edit, ...]


def offers(analysis: Analysis, offset: int) -> Iterator[Offer]:
    """All edits that change something, the smallest first; `offset` is the cursor's."""
    if not analysis.documents or analysis.tree.faults:
        return
    for missing in missing_sections(analysis, offset):
        title = f"Add `{missing.field.key}`"
        yield from _offer(title, "section", partial(add_section, analysis, missing))
    yield from _offer("Sort into canonical order", "sort", partial(sort_keys, analysis))
    for trainer in conversions(analysis):
        title = f"Convert to {PROFILES[trainer].title}"
        yield from _offer(title, "convert", partial(convert_document, analysis, trainer))


def _offer(title: str, kind: Kind, make: Callable[[], tuple[Edit, ...]]) -> Iterator[Offer]:
    try:
        edits = make()
    except CannotMoveError:
        return
    if edits:
        yield Offer(title, kind, edits)
