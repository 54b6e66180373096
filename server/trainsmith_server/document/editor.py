"""Edits that rules offer: entries are added, removed and moved, and comments stay with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from trainsmith_schemas.problems import Path
from trainsmith_server.document.bind import Bindings
from trainsmith_server.document.diagnostics import Edit, Fix
from trainsmith_server.document.found import Found
from trainsmith_server.yaml.tree import Entry, Mapping, resolve_alias, walk

_COMMENT = r"#(?!\s*trainsmith:\s*(?:profile|ignore-file)\b)"
"""The start of a comment that may describe a key; comments about the whole file stay at the top."""


class DocumentEditor:
    """Makes edits of one document."""

    __slots__ = ("_bindings", "_text")

    def __init__(self, bindings: Bindings, text: str) -> None:
        self._bindings = bindings
        self._text = text

    def add_after(
        self, found: Found[Any], line: str, *, title: str, preferred: bool = False
    ) -> Fix:
        """The fix that adds another `key: value` after an entry, in the same section."""
        parent = self._parent(found.entry)
        return Fix(title, (self._append(parent, found.entry, line),), preferred)

    def write(self, path: str, new_text: str) -> Edit:
        """The edit that sets a key, in place if it exists, else at the end of its section.

        Args:
            path: the dotted path of the key.
            new_text: YAML on one line.
        """
        *section, key = parts = tuple(path.split("."))
        entry = self._bindings.by_path.get(parts)
        if entry is None:
            return self._insertion(tuple(section), [f"{key}: {new_text}"])
        if entry.value is None or entry.value.end <= entry.value.start:
            return Edit((entry.colon + 1, entry.colon + 1), f" {new_text}")
        return Edit((entry.value.start, entry.value.end), new_text)

    def remove(self, found: Found[Any], *, title: str = "", preferred: bool = False) -> Fix:
        """The fix that removes an entry."""
        return Fix(title or f"Remove `{found.key}`", (self._removal(found.entry),), preferred)

    def move(
        self, moves: Iterable[tuple[Found[Any], str | None]], section: Path, title: str
    ) -> Fix:
        """The fix that moves entries into a section, which is created if it is absent.

        Comments directly above an entry and at the end of its line move with it. A flow mapping
        has no room for them, so there they stay where they are.

        Args:
            moves: the entries, each with its new line, or `None` if it is only removed.
            section: the path of the section that they move to.
            title: the title of the fix.
        """
        moves = list(moves)
        into_flow = self._is_in_flow(section)
        lines: list[str] = []
        removals = self._flow_removals([found.entry for found, _ in moves])
        for found, line in moves:
            if self._parent(found.entry).flow:
                lines += [line] if line else []
                continue
            removal = self._removal(found.entry)
            above, trailing = self._comments(found.entry) if line else ([], "")
            if line and into_flow:
                kept = self._text[removal.span[0] : found.entry.key.start] + trailing + "\n"
                removal = Edit(removal.span, kept if trailing else "")
                lines.append(line)
            elif line:
                start = self._lines_before(removal.span[0], len(above))
                removal = Edit((start, removal.span[1]), "")
                lines += [*above, f"{line}  {trailing}" if trailing else line]
            removals.append(removal)
        if not lines:
            return Fix(title, tuple(removals), preferred=True)
        insertion = self._insertion(section, lines)
        return Fix(title, tuple(self._joined(removals, insertion)), preferred=True)

    def _joined(self, removals: list[Edit], insertion: Edit) -> list[Edit]:
        """The removals and the insertion, which replaces the removal that it touches.

        Edits must not overlap, and entries may move to where one of them was removed.
        """
        at = insertion.span[0]
        touched = next((one for one in removals if one.span[0] <= at <= one.span[1]), None)
        if touched is None:
            return [*removals, insertion]
        if insertion.new_text.startswith(", "):
            is_first = self._text[: touched.span[0]].rstrip().endswith("{")
            text = insertion.new_text.removeprefix(", ") if is_first else insertion.new_text
        else:
            text = insertion.new_text.lstrip("\n") + "\n" + touched.new_text
        return [*(one for one in removals if one is not touched), Edit(touched.span, text)]

    def can_add_keys(self, section: Path) -> bool:
        """Whether keys can be written into a section: it is absent, empty or a mapping."""
        places = (self._bindings.place(section[: depth + 1]) for depth in range(len(section)))
        nodes = (resolve_alias(place.node) for place in places if place)
        return all(
            node is None or isinstance(node, Mapping) or node.end <= node.start for node in nodes
        )

    def _removal(self, entry: Entry) -> Edit:
        """The edit that removes an entry: its lines, or its part of a flow mapping."""
        parent = self._parent(entry)
        if parent.flow:
            return next(_removals_from_flow(parent, [entry]))
        line = self._text.rfind("\n", 0, entry.key.start) + 1
        after = self._text.find("\n", _end(entry))
        return Edit((line, len(self._text) if after < 0 else after + 1), "")

    def _flow_removals(self, entries: list[Entry]) -> list[Edit]:
        """The edits that remove those of some entries that are in flow mappings."""
        parents = {id(parent): parent for parent in map(self._parent, entries) if parent.flow}
        return [
            edit for parent in parents.values() for edit in _removals_from_flow(parent, entries)
        ]

    def _is_in_flow(self, section: Path) -> bool:
        """Whether a key that is written into a section becomes part of a flow mapping."""
        for depth in range(len(section), -1, -1):
            place = self._bindings.place(section[:depth])
            node = resolve_alias(place.node) if place else None
            if isinstance(node, Mapping):
                return node.flow
        return False

    def _comments(self, entry: Entry) -> tuple[list[str], str]:
        """The comments directly above an entry of a block, and the one at the end of its line."""
        start = entry.key.start
        column = start - self._text.rfind("\n", 0, start) - 1
        before = self._text[: start - column].splitlines()
        above: list[str] = []
        while before and re.match(rf" {{{column}}}{_COMMENT}", before[-1]):
            above.insert(0, before.pop().strip())
        end = _end(entry)
        rest = self._text[end : self._line_end(end)].strip()
        return above, rest if rest.startswith("#") else ""

    def _lines_before(self, start: int, count: int) -> int:
        """The start of the line that is so many lines above the line that begins at `start`."""
        for _ in range(count):
            start = self._text.rfind("\n", 0, start - 1) + 1
        return start

    def _insertion(self, section: Path, lines: list[str]) -> Edit:
        """The edit that writes lines at the end of a section."""
        place = self._bindings.place(section)
        node = resolve_alias(place.node) if place else None
        if isinstance(node, Mapping) and node.entries:
            joined = (", " if node.flow else "\n" + " " * node.indent).join(lines)
            return self._append(node, node.entries[-1], joined)
        if place is None or place.entry is None:
            return self._insertion_with_section(section, lines)
        if isinstance(node, Mapping):
            return Edit((node.start, node.end), "{" + ", ".join(lines) + "}")
        line_start = self._text.rfind("\n", 0, place.entry.key.start) + 1
        indent = "\n" + " " * (place.entry.key.start - line_start + 2)
        end = self._line_end(max(place.entry.colon + 1, place.entry.key.end))
        return Edit((end, end), "".join(indent + line for line in lines))

    def _insertion_with_section(self, section: Path, lines: list[str]) -> Edit:
        """The edit that creates a section with some lines in it."""
        *parents, name = section
        if self._is_in_flow(section):
            return self._insertion(tuple(parents), [f"{name}: {{{', '.join(lines)}}}"])
        outer = self._bindings.place(tuple(parents))
        node = resolve_alias(outer.node) if outer else None
        indent = node.indent if isinstance(node, Mapping) else 2 * len(parents)
        inner = "\n" + " " * (indent + 2)
        return self._insertion(
            tuple(parents), [f"{name}:" + "".join(inner + line for line in lines)]
        )

    def _append(self, parent: Mapping, entry: Entry, line: str) -> Edit:
        """Write after an entry; in a block, after the comment on its line."""
        if parent.flow:
            end = _end(entry)
            return Edit((end, end), ", " + line)
        end = self._line_end(_end(entry))
        return Edit((end, end), "\n" + " " * parent.indent + line)

    def _line_end(self, offset: int) -> int:
        end = self._text.find("\n", offset)
        if end < 0:
            return len(self._text)
        return end - 1 if self._text[end - 1] == "\r" else end

    def _parent(self, entry: Entry) -> Mapping:
        """The mapping that contains an entry."""
        for node in walk(self._bindings.root):
            if isinstance(node, Mapping) and entry in node.entries:
                return node
        raise LookupError("the entry belongs to another document")


def _end(entry: Entry) -> int:
    return max(entry.key.end, entry.value.end if entry.value else entry.colon + 1)


def _removals_from_flow(parent: Mapping, removed: list[Entry]) -> Iterator[Edit]:
    """The edits that remove entries of a flow mapping: one edit for each group of neighbours."""
    entries = parent.entries
    for is_removed, group in groupby(range(len(entries)), lambda at: entries[at] in removed):
        if not is_removed:
            continue
        indices = list(group)
        first, last = indices[0], indices[-1]
        if last + 1 < len(entries):
            yield Edit((entries[first].key.start, entries[last + 1].key.start), "")
        else:
            start = _end(entries[first - 1]) if first else entries[0].key.start
            yield Edit((start, _end(entries[last])), "")
