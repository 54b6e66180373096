"""What can be written at the cursor: a key or a value, and of which section."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from trainsmith_schemas.base import FieldInfo, Section, fields_of
from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.families.registry import reads
from trainsmith_schemas.sections.documents import MODEL, TRAINING
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.trainers.names import Trainer
from trainsmith_schemas.validation.validate import unknown_key
from trainsmith_server.document.result import Analysis
from trainsmith_server.yaml.tree import (
    Document,
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Span,
    is_half_typed,
    key_text,
    walk,
)

_TAB = 2
_WORD = re.compile(r"[\w.-]*")


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A place for a key."""

    fields: Iterable[FieldInfo]
    """The section's keys that the document's trainer and the model's family read."""
    taken: frozenset[str]
    """The keys that the mapping already has."""
    span: Span
    """The text that the key replaces."""
    bare: bool = False
    """Whether the colon is already there."""
    keeps_lines: bool = False
    """Whether something follows, so that a section must not start a new line."""
    indent: int = 0
    """The column of the key."""


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """A place for a value."""

    field: FieldInfo
    span: Span
    """The text that the value replaces."""
    quote: str = ""
    """The value's quote character, if it has one."""
    space: bool = False
    """Whether to insert a space before it."""


def place_at(analysis: Analysis, offset: int) -> KeyPlace | ValuePlace | None:
    """The place at an offset; `None` in comments, block scalars and unknown documents.

    A document that is empty or a single word may become a known one.
    """
    cursor = _cursor(analysis, offset)
    if cursor is None or cursor.is_in_text():
        return None
    return cursor.flow() or cursor.block()


def _cursor(analysis: Analysis, offset: int) -> _Cursor | None:
    line = analysis.lines.line_of(offset)
    start, end = analysis.lines.starts[line], analysis.lines.line_end(line)
    document = _document_at(analysis.tree.documents, offset)
    known = next((one for one in analysis.documents if one.document is document), None)
    if known:
        sections = {id(one.mapping): one.section for one in known.bindings.sections}
        model, trainer, root = known.kind.model, known.profile.name, known.document.root
    elif document and document.root and not _is_word(document.root):
        return None
    else:
        first = analysis.documents[0] if analysis.documents else analysis.siblings
        model = first.kind.model if first and first.kind else None
        trainer = first.profile.name if first and first.profile else "trainsmith"
        sections, root = {}, None
    return _Cursor(analysis, offset, start, end, root, model, trainer, sections)


@dataclass(frozen=True, slots=True)
class _Cursor:
    analysis: Analysis
    offset: int
    line_start: int
    line_end: int
    root: Node | None
    model: type[Section] | None
    """The document's section class; `None` for an empty document in an unknown file."""
    trainer: Trainer
    """The trainer whose keys are offered."""
    sections: dict[int, type[Section]]
    """The sections of the document's mappings, by the mapping's identity."""

    def is_in_text(self) -> bool:
        """Whether the cursor is in a comment or inside a block scalar."""
        text = self.analysis.text
        sign = re.search(r"(?:^|[ \t])#", text[self.line_start : self.offset])
        comment = self.line_start + sign.end() - 1 if sign else -1
        for node in walk(self.root):
            if isinstance(node, Scalar) and node.start <= self.offset <= node.end:
                if node.style in ("|", ">") and node.start < self.line_start:
                    return True
                if node.start <= comment < node.end:
                    comment = -1
        return comment >= 0

    # Flow mappings

    def flow(self) -> KeyPlace | ValuePlace | None:
        """The place inside a flow mapping that is a section."""
        inside = [
            node
            for node in walk(self.root)
            if isinstance(node, Mapping)
            and node.flow
            and node.start < self.offset <= self._flow_end(node)
        ]
        if not inside or id(inside[-1]) not in self.sections:
            return None
        mapping, section = inside[-1], self.sections[id(inside[-1])]
        for entry in mapping.entries:
            key = entry.key
            if key.start <= self.offset <= key.end and key.end > key.start:
                return self._key(mapping, section, entry)
        before = [one for one in mapping.entries if 0 <= one.colon < self.offset]
        if before and (place := self._value(before[-1], section)):
            return place
        taken = _taken(mapping, None)
        return KeyPlace(self._fields(section, mapping), taken, self._word(), keeps_lines=True)

    def _flow_end(self, node: Mapping) -> int:
        """Where a flow mapping ends; an unclosed one ends with its line."""
        if self.analysis.text[node.end - 1 : node.end] == "}":
            return node.end - 1
        return self.analysis.lines.line_end(self.analysis.lines.line_of(node.end))

    # Block mappings

    def block(self) -> KeyPlace | ValuePlace | None:
        """The place on a line of a block mapping."""
        for node in walk(self.root):
            section = self.sections.get(id(node))
            if section and isinstance(node, Mapping) and not node.flow:
                for entry in node.entries:
                    if self.line_start <= entry.key.start <= self.offset and _has_text(entry.key):
                        return self._in_entry(node, section, entry)
                    if place := self._behind_dash(entry, section):
                        return place
        before = self.analysis.text[self.line_start : self.offset]
        if not re.fullmatch(r"[ \t]*[\w.-]*", before):
            return None
        word = self._word()
        column = len(before[: word[0] - self.line_start].expandtabs(_TAB))
        return self._new_key(column, word)

    def _in_entry(
        self, mapping: Mapping, section: type[Section], entry: Entry
    ) -> KeyPlace | ValuePlace | None:
        if self.offset <= entry.key.end:
            return self._key(mapping, section, entry)
        return self._value(entry, section) if 0 <= entry.colon < self.offset else None

    def _key(self, mapping: Mapping, section: type[Section], entry: Entry) -> KeyPlace:
        """The place of an existing key, which may be half-typed."""
        start, end = entry.key.start, min(entry.key.end, self.line_end)
        follows = mapping.flow or entry.value is not None or self._rest_is_used(end)
        if entry.colon < 0:  # In `batch_si 8`, only the first word is the key.
            word = _WORD.match(self.analysis.text, start, end)
            end = max(self.offset, word.end() if word else end)
        return KeyPlace(
            self._fields(section, mapping),
            _taken(mapping, entry),
            (start, end),
            bare=entry.colon >= 0,
            keeps_lines=follows,
            indent=max(mapping.indent, 0),
        )

    def _rest_is_used(self, end: int) -> bool:
        rest = self.analysis.text[end : self.line_end].strip(" \t")
        return bool(rest) and not rest.startswith("#")

    def _new_key(self, column: int, word: Span) -> KeyPlace | None:
        """The place of a new key at a column; its indentation determines the section."""
        if self.model is None:
            fields = [*self._fields(TRAINING.model, None), *self._fields(MODEL.model, None)]
            return KeyPlace(fields, frozenset(), word) if column == 0 else None
        node, section, indent = self.root, self.model, column
        taken = frozenset[str]()
        while isinstance(node, Mapping) and not node.flow:
            above = [entry for entry in node.entries if entry.key.start < self.line_start]
            if column <= node.indent or not above:
                taken, indent = _taken(node, None), node.indent
                break
            field = _field(section, above[-1])
            if field is None or field.section is None:
                return None
            node, section = above[-1].value, field.section
        else:
            if isinstance(node, Mapping) or (isinstance(node, Sequence) and node.flow):
                return None
            if isinstance(node, Scalar) and not is_half_typed(self.analysis.text, node):
                return None
        follows = self._rest_is_used(word[1])
        fields = self._fields(section, node)
        return KeyPlace(fields, taken, word, keeps_lines=follows, indent=indent)

    def _value(self, entry: Entry, section: type[Section]) -> ValuePlace | None:
        """The place after a colon, unless the cursor is past the value."""
        field = _field(section, entry)
        if field is None or field.section or entry.colon < self.line_start:
            return None
        if field.path_to and isinstance(entry.value, Sequence) and entry.value.flow:
            return self._in_brackets(field, entry.value)
        return self._written(field, entry.value, entry.colon + 1)

    def _in_brackets(self, field: FieldInfo, paths: Sequence) -> ValuePlace | None:
        """The place of a path in a flow list of paths."""
        for item in paths.items:
            if item.value and item.value.start <= self.offset <= item.value.end:
                return self._written(field, item.value, item.start)
        sign = max(self.analysis.text.rfind(sign, paths.start, self.offset) for sign in "[,")
        return self._written(field, None, sign + 1, spaced=True) if sign >= 0 else None

    def _behind_dash(self, entry: Entry, section: type[Section]) -> ValuePlace | None:
        """The place of a path in a block list of paths."""
        if not isinstance(entry.value, Sequence) or entry.value.flow:
            return None
        field = _field(section, entry)
        for item in entry.value.items:
            if field and field.path_to and self.line_start <= item.start < self.offset:
                return self._written(field, item.value, item.start + 1)
        return None

    def _written(
        self, field: FieldInfo, value: Node | None, start: int, *, spaced: bool = False
    ) -> ValuePlace | None:
        """The place of an existing value, or of a new one after `start`."""
        if value is None or not _has_text(value):
            between = self.analysis.text[start : self.offset]
            if between.strip(" \t"):
                return None
            return ValuePlace(field, (self.offset, self.offset), space=not (between or spaced))
        if not value.start <= self.offset <= value.end or value.start < self.line_start:
            return None
        quote = value.style if isinstance(value, Scalar) and value.style in ("'", '"') else ""
        return ValuePlace(field, (value.start, min(value.end, self.line_end)), quote)

    def _fields(self, section: type[Section], node: Node | None) -> list[FieldInfo]:
        """The keys of a section that the trainer and the family of the model read."""
        family = _family(node) if section is TransformerConfig else None
        return [
            field
            for field in fields_of(section).values()
            if self.trainer in field.read_by
            and (family is None or reads(family, field.key, self.trainer))
        ]

    def _word(self) -> Span:
        text = self.analysis.text
        # From the offset backwards, because a search for the last word tries all the others.
        before = _WORD.match(text[self.line_start : self.offset][::-1])
        after = _WORD.match(text, self.offset, self.line_end)
        start = self.offset - (before.end() if before else 0)
        return (start, after.end() if after else self.offset)


def _document_at(documents: list[Document], offset: int) -> Document | None:
    earlier = [document for document in documents if document.start <= offset]
    return earlier[-1] if earlier else (documents[0] if documents else None)


def _has_text(node: Node) -> bool:
    return node.end > node.start


def _is_word(node: Node) -> bool:
    """Whether a document is a single word, which may become a known key."""
    return isinstance(node, Scalar) and not node.style and bool(re.fullmatch(r"\w+", node.text))


def _field(section: type[Section], entry: Entry) -> FieldInfo | None:
    """The field of an entry; for a misspelt name, the nearest field."""
    key = key_text(entry)
    if key is None:
        return None
    fields = fields_of(section)
    if key in fields:
        return fields[key]
    nearest = unknown_key(section, (key,)).suggestions
    return fields[nearest[0]] if nearest else None


def _family(node: Node | None) -> ModelType | None:
    """The family of the model that a mapping describes, if it names one that is known."""
    entries = node.entries if isinstance(node, Mapping) else ()
    values = [entry.value for entry in entries if key_text(entry) == "model_type"]
    texts = [value.text for value in values if isinstance(value, Scalar)]
    return next((name for name in get_args(ModelType) if name in texts), None)


def _taken(mapping: Mapping, current: Entry | None) -> frozenset[str]:
    keys = (key_text(entry) for entry in mapping.entries if entry is not current)
    return frozenset(key for key in keys if key is not None)
