"""Binds the tree to the schema: finds the field of each key of a document."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import Any

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.problems import Path
from trainsmith_schemas.validation.slips import slips
from trainsmith_server.yaml.keys import entry_of, keys_of
from trainsmith_server.yaml.tree import (
    Entry,
    Mapping,
    Node,
    Sequence,
    Span,
    key_text,
    resolve_alias,
)
from trainsmith_server.yaml.values import is_merge


@dataclass(frozen=True, slots=True)
class Binding:
    """An entry of a section and its schema field."""

    entry: Entry
    path: Path
    section: type[Section]
    """The section that contains the entry."""
    field: FieldInfo | None
    """`None` for a key that the section doesn't have."""


@dataclass(frozen=True, slots=True)
class BoundSection:
    """A mapping and its section class."""

    mapping: Mapping
    path: Path
    section: type[Section]


@dataclass(frozen=True, slots=True)
class Place:
    """The target of a path: the innermost entry on it, and its node."""

    entry: Entry | None
    node: Node | None


@dataclass(frozen=True, slots=True)
class Bindings:
    """All entries and sections of a document, in the order of the text."""

    root: Node | None
    entries: tuple[Binding, ...]
    sections: tuple[BoundSection, ...]
    by_path: abc.Mapping[Path, Entry]
    """The entries by their path; of entries with the same path, the last one."""

    def place(self, path: Path) -> Place | None:
        """The target of a path, also through aliases and merge keys, which are not bound."""
        entry = self.by_path.get(path)
        return Place(entry, entry.value) if entry else find(self.root, path)


def bind(root: Node | None, model: type[Section]) -> Bindings:
    """Bind a document to the section class that describes it."""
    entries: list[Binding] = []
    sections: list[BoundSection] = []
    _bind(root, model, (), entries, sections)
    by_path = {binding.path: binding.entry for binding in entries}
    return Bindings(root, tuple(entries), tuple(sections), by_path)


def _bind(
    node: Node | None,
    section: type[Section],
    path: Path,
    entries: list[Binding],
    sections: list[BoundSection],
) -> None:
    if not isinstance(node, Mapping):
        return
    sections.append(BoundSection(node, path, section))
    fields = fields_of(section)
    for entry in node.entries:
        key = key_text(entry)
        if key is None or is_merge(entry.key):
            continue
        field = fields.get(key)
        entries.append(Binding(entry, (*path, key), section, field))
        meant = field or (_misspelt(node, fields, key) if not path else None)
        if meant and meant.section:
            _bind(entry.value, meant.section, (*path, key), entries, sections)


def _misspelt(mapping: Mapping, fields: abc.Mapping[str, FieldInfo], key: str) -> FieldInfo | None:
    """The section whose name was misspelt, unless the document also has the right name.

    Binding it provides hovers and completions under the wrong name too.
    """
    names = [name for name, field in fields.items() if field.section]
    near = slips(key, names) if names else ()
    return fields[near[0]] if near and entry_of(mapping, near[0]) is None else None


def find(root: Node | None, path: Path) -> Place | None:
    """Follow a path from the top of a document, through aliases and merge keys."""
    entry: Entry | None = None
    node = root
    for part in path:
        target = resolve_alias(node)
        if isinstance(part, int) and isinstance(target, Sequence) and part < len(target.items):
            node = target.items[part].value
        elif isinstance(target, Mapping):
            found = _entry(target, part)
            if found is None:
                return None
            entry, node = found, found.value
        else:
            return None
    return Place(entry, node)


def _entry(mapping: Mapping, part: Any) -> Entry | None:
    # Each mapping is searched once, however often merge keys name it.
    searched: set[int] = set()
    waiting = [mapping]
    while waiting:
        source = waiting.pop()
        if id(source) in searched:
            continue
        searched.add(id(source))
        keys = keys_of(source)
        # A key such as `yes` is not text, and the path has its value.
        found = (
            keys.by_text.get(str(part)) or keys.by_value.get(part) or keys.by_value.get(str(part))
        )
        if found is not None:
            return found
        # The first of several mappings wins, so it is searched first.
        waiting += reversed(keys.merged)
    return None


def key_span(entry: Entry) -> Span:
    """The span of a key; of its colon if the key is empty."""
    start, end = entry.key.start, entry.key.end
    return (start, end) if end > start else (start, start + 1)


def entry_span(entry: Entry) -> Span:
    """The span from a key to the end of its value."""
    return key_span(entry)[0], max(
        entry.value.end if entry.value else 0, entry.colon, entry.key.end
    )


def value_span(place: Place) -> Span:
    """The span to highlight for a value: its key's for block collections and empty values."""
    node, entry = place.node, place.entry
    if isinstance(node, (Mapping, Sequence)) and not node.flow and entry:
        return key_span(entry)
    if node is not None and node.end > node.start:
        return node.start, node.end
    if entry is not None:
        return key_span(entry)
    return (node.start, node.start + 1) if node else (0, 0)
