"""Completion: the missing keys of a section, and the values of a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from trainsmith_schemas.base import FieldInfo
from trainsmith_schemas.sections.device import DeviceConfig
from trainsmith_server.document.diagnostics import Edit
from trainsmith_server.document.result import Analysis
from trainsmith_server.features.cursor import KeyPlace, ValuePlace, place_at
from trainsmith_server.features.describe import description, to_yaml
from trainsmith_server.features.other_tools import is_of_another_tool
from trainsmith_server.features.paths import ListFolder, fitting, part_at
from trainsmith_server.features.templates import (
    DEVICE_SECTIONS,
    RECIPES,
    snippet_of,
    with_files,
)
from trainsmith_server.yaml.numbers import number_text

_INDENT = 2
_FEW = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A completion item."""

    label: str
    kind: Literal["key", "section", "value", "file", "folder", "template"]
    edit: Edit
    detail: str
    documentation: str
    """Markdown."""
    snippet: str = ""
    """The new text with the editor's stops, if there are any."""
    continues: bool = False
    """Whether something follows that can be completed at once: a value, a path in a folder."""


def complete(
    analysis: Analysis,
    offset: int,
    typed: str | None = None,
    list_folder: ListFolder | None = None,
) -> tuple[Candidate, ...]:
    """The completions at an offset, the most useful ones first.

    Args:
        analysis: the document.
        offset: the place in it.
        typed: the trigger character. After a space there are only values, so that indenting a line
            shows nothing; after a slash there are only paths.
        list_folder: lists a folder; called only for paths.
    """
    place = place_at(analysis, offset)
    if isinstance(place, ValuePlace):
        if place.field.path_to and list_folder:
            paths = tuple(_paths(analysis.text, offset, place, list_folder))
            if typed == "/":
                return paths
            # A folder need not exist yet; a file must.
            new = _values(place) if place.field.path_to == "folder" or not paths else ()
            there = {path.label for path in paths}
            return (*(one for one in new if one.label not in there), *paths)
        return tuple(_values(place)) if typed != "/" else ()
    if place is None or typed in (" ", "/") or _is_foreign(analysis):
        return ()
    return (*_templates(analysis, place, list_folder), *_keys(place))


def _is_foreign(analysis: Analysis) -> bool:
    """Whether a file that is still empty belongs to another tool."""
    is_ours = analysis.documents or (analysis.siblings and analysis.siblings.kind)
    return not is_ours and is_of_another_tool(analysis.uri)


def _keys(place: KeyPlace) -> Iterator[Candidate]:
    """The missing keys: those that are required or common first, each in the schema's order."""
    for field in sorted(place.fields, key=lambda one: (not one.required, not one.common)):
        if field.key in place.taken:
            continue
        new_text = field.key
        if not place.bare:
            new_text += ":" if field.section else ": "
            if field.section and not place.keeps_lines:
                new_text += "\n" + " " * (place.indent + _INDENT)
        yield Candidate(
            field.key,
            "section" if field.section else "key",
            Edit(place.span, new_text),
            field.type_text,
            description(field),
            continues=not place.bare and bool(field.choices or field.path_to),
        )


def _templates(
    analysis: Analysis, place: KeyPlace, list_folder: ListFolder | None
) -> Iterator[Candidate]:
    """Whole recipes in an empty file; in a recipe, the device section of each board."""
    if place.bare or place.keeps_lines:
        return
    templates = RECIPES
    if analysis.documents or (analysis.siblings and analysis.siblings.kind):
        missing = {field.section for field in place.fields if field.key not in place.taken}
        templates = DEVICE_SECTIONS if DeviceConfig in missing else ()
    elif analysis.siblings or len(analysis.tree.documents) > 1:
        return
    elif list_folder:
        listed = cache(list_folder)
        templates = tuple(with_files(one, listed) for one in RECIPES)
    for one in templates:
        text = one.text
        shown = f"```yaml\n{text.rstrip()}\n```"
        edit = Edit(place.span, text)
        yield Candidate(one.label, "template", edit, one.about, shown, snippet_of(text))


def _values(place: ValuePlace) -> Iterator[Candidate]:
    before = " " if place.space else ""
    for text, why in _value_texts(place.field):
        if place.quote and text[:1] not in "'\"[":
            text = f"{place.quote}{text}{place.quote}"
        yield Candidate(text, "value", Edit(place.span, before + text), why, "")


def _paths(
    text: str, offset: int, place: ValuePlace, list_folder: ListFolder
) -> Iterator[Candidate]:
    """The files and folders that can follow; typing a slash after a folder lists its content."""
    part = part_at(text, offset, place)
    if part is None:
        return
    before = " " if place.space else ""
    field, entries = place.field, list_folder(part.folder)
    for entry in fitting(entries, field.key, field.path_to, quoted=bool(place.quote)):
        # A folder may be the whole value; for a file, one of its entries follows.
        continues = entry.kind == "folder" and field.path_to == "file"
        slash = "/" if continues and text[part.span[1] : part.span[1] + 1] != "/" else ""
        edit = Edit(part.span, before + entry.name + slash)
        yield Candidate(entry.name, entry.kind, edit, "", "", continues=continues)


def _value_texts(field: FieldInfo) -> Iterable[tuple[str, str]]:
    """The values worth offering, as YAML, each with the reason for it."""
    found: dict[str, str] = {}
    for example in field.examples:
        found.setdefault(to_yaml(example.value), example.why)
    for choice in field.choices:
        found.setdefault(to_yaml(choice), "")
    if field.default not in (None, "") and not field.section:
        text = to_yaml(field.default)
        found[text] = ", ".join(part for part in (found.get(text, ""), "default") if part)
    if field.typical and len(found) < _FEW:
        low, high = (number_text(bound) for bound in field.typical)
        found.setdefault(low, "the low end of the usual range")
        found.setdefault(high, "the high end of the usual range")
    return found.items()
