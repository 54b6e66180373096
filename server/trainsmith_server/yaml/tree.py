"""The tree of a YAML text: plain nodes with spans. `parse.parse` creates it.

Spans are half-open offsets into the text, in code points. Every text has a tree, even a broken one,
whose syntax errors are listed as faults.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Span = tuple[int, int]

MAX_DEPTH = 100
"""Collections nested deeper than this are left out of the tree, with a fault.

This keeps recursive walks far below Python's recursion limit.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that PyYAML's safe loader does not allow."""

    code: str
    message: str
    span: Span
    fix: SyntaxFix | None = None


@dataclass(frozen=True, slots=True)
class SyntaxFix:
    """The edit that fixes a fault."""

    title: str
    span: Span
    new_text: str


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar; `text` is its content after unquoting and folding."""

    start: int
    end: int
    text: str
    style: str = ""
    """Its first character, `'`, `"`, `|` or `>`; empty for a plain scalar."""
    tag: str | None = None
    anchor: str | None = None


@dataclass(slots=True, eq=False)
class Alias:
    """`*name`; `target` is `None` if there is no such anchor before it."""

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
    """The offset of the `:`; -1 if it is missing, as in a half-typed key."""


@dataclass(slots=True, eq=False)
class Item:
    """An item of a sequence; `start` is the offset of its dash, or of its content in `[…]`."""

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
    keys: Keys | None = None
    """What `keys.keys_of` returns, once the tree is complete and somebody has asked for it."""

    @property
    def flow(self) -> bool:
        """Whether it is a flow mapping."""
        return self.indent < 0


@dataclass(slots=True, eq=False)
class Keys:
    """The entries of a mapping by their keys."""

    by_text: dict[str, Entry]
    """The last entry with each text."""
    by_value: dict[Hashable, Entry]
    """The first entry with each value of a plain key, and with the text of that value."""
    merged: list[Mapping]
    """The mappings that `<<` merges into it; the first one wins."""


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
        """Whether it is a flow sequence."""
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
    """Regions between merge conflict markers, where repeated keys are expected."""


def resolve_alias(node: Node | None) -> Node | None:
    """The target of an alias; any other node is returned as it is."""
    seen = 0
    while isinstance(node, Alias):
        node = node.target
        seen += 1
        if seen > MAX_DEPTH:
            return None
    return node


def key_text(entry: Entry) -> str | None:
    """The text of a key; `None` if it is not a scalar."""
    key = resolve_alias(entry.key)
    return key.text if isinstance(key, Scalar) else None


def is_half_typed(text: str, node: Node | None) -> bool:
    """Whether a value may be a half-typed key: a word alone on its line."""
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
