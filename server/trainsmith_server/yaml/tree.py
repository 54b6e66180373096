"""The tree of a YAML text: plain nodes with spans. `parse.parse` makes one.

Spans are offsets into the text, in code points, half open. A tree exists for every text, however
broken; what is wrong with the text stands beside it as faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Span = tuple[int, int]

MAX_DEPTH = 100
"""Collections nested deeper than this are left out of the tree, with a fault.

It keeps every recursive walk far away from Python's recursion limit.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that YAML, as PyYAML's safe loader reads it, does not allow."""

    code: str
    message: str
    span: Span
    fix: SyntaxFix | None = None


@dataclass(frozen=True, slots=True)
class SyntaxFix:
    """The one edit that puts a fault right."""

    title: str
    span: Span
    new_text: str


@dataclass(slots=True, eq=False)
class Scalar:
    """Text: `text` is its content after unquoting and folding."""

    start: int
    end: int
    text: str
    style: str = ""
    """The character that opens it: `'`, `"`, `|`, `>`; empty for a plain scalar."""
    tag: str | None = None
    anchor: str | None = None


@dataclass(slots=True, eq=False)
class Alias:
    """`*name`; `target` is `None` where no such anchor stands before it."""

    start: int
    end: int
    name: str
    target: Node | None


@dataclass(slots=True, eq=False)
class Entry:
    """A key of a mapping and its value; an absent value is `None`."""

    key: Node
    value: Node | None
    colon: int
    """Where the `:` is; -1 where it is missing, as in a half-typed key."""


@dataclass(slots=True, eq=False)
class Item:
    """An item of a sequence; `start` is its dash, or its first character in `[…]`."""

    start: int
    value: Node | None


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values."""

    start: int
    end: int
    indent: int
    """The column of its keys; -1 for a flow mapping, `{…}`."""
    entries: list[Entry] = field(default_factory=list[Entry])
    tag: str | None = None
    anchor: str | None = None

    @property
    def flow(self) -> bool:
        """Whether it is written in braces."""
        return self.indent < 0


@dataclass(slots=True, eq=False)
class Sequence:
    """A list."""

    start: int
    end: int
    indent: int
    """The column of its dashes; -1 for a flow sequence, `[…]`."""
    items: list[Item] = field(default_factory=list[Item])
    tag: str | None = None
    anchor: str | None = None

    @property
    def flow(self) -> bool:
        """Whether it is written in brackets."""
        return self.indent < 0


Node: TypeAlias = Scalar | Alias | Mapping | Sequence


@dataclass(slots=True, eq=False)
class Document:
    """One YAML document of a text; `---` and `...` separate them."""

    start: int
    end: int
    root: Node | None = None


@dataclass(slots=True, eq=False)
class Tree:
    """Everything that was read from a text."""

    text: str
    documents: list[Document]
    faults: list[Fault]
    conflicts: list[Span]
    """Regions between merge conflict markers, where keys stand twice with a reason."""


def resolve_alias(node: Node | None) -> Node | None:
    """The node that an alias stands for; any other node is itself."""
    seen = 0
    while isinstance(node, Alias):
        node = node.target
        seen += 1
        if seen > MAX_DEPTH:
            return None
    return node


def key_text(entry: Entry) -> str | None:
    """The text of a key, where it is a scalar."""
    key = resolve_alias(entry.key)
    return key.text if isinstance(key, Scalar) else None


def entry_of(mapping: Mapping, key: str) -> Entry | None:
    """The entry with a key; of several, the last one, which is the one that counts."""
    for entry in reversed(mapping.entries):
        if key_text(entry) == key:
            return entry
    return None


def is_half_typed(text: str, node: Node | None) -> bool:
    """Whether a value may be a key that is still being typed: a word alone on its own line."""
    if not isinstance(node, Scalar) or node.style or node.anchor or node.tag:
        return False
    line_start = max(text.rfind("\n", 0, node.start), text.rfind("\r", 0, node.start)) + 1
    return not text[line_start : node.start].strip(" \t") and bool(node.text)


def walk(node: Node | None) -> Iterator[Node]:
    """A node and everything inside it, in the order of the text. Aliases are not followed."""
    if node is None:
        return
    yield node
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from walk(entry.key)
            yield from walk(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from walk(item.value)
