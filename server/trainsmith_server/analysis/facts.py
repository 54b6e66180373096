"""What a rule may ask about a document: values by their path, with the place where they stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from trainsmith_schemas.profiles import Profile
from trainsmith_server.analysis.bind import Place, find, key_span, value_span
from trainsmith_server.analysis.findings import Edit, Fix, Related, Severity, Tag
from trainsmith_server.analysis.tree import Entry, Mapping, Node, Span, resolve_alias

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Found(Generic[_T]):
    """A value that stands in the text."""

    value: _T
    key: str
    entry: Entry
    span: Span
    """The span of the value."""

    def set_to(self, new_text: str, *, title: str = "", preferred: bool = False) -> Fix:
        """The fix that writes another value here; `new_text` is YAML."""
        title = title or f"Set `{self.key}` to {new_text}"
        return Fix(title, (Edit(self.span, new_text),), preferred)

    def related(self, message: str) -> Related:
        """Point a finding elsewhere at this value."""
        return Related(self.span, message)


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule's check yields: the finding, less what the rule knows already."""

    message: str
    span: Span
    fixes: tuple[Fix, ...] = ()
    related: tuple[Related, ...] = ()
    tags: tuple[Tag, ...] = ()
    severity: Severity | None = None
    """Another severity than the rule's own."""


class Facts:
    """A document as rules see it.

    Every question takes a dotted path, `training_config.batch_size`. The answer is `None` where
    the key is absent, empty, or has a value of another kind: that is for the schema to report.
    """

    __slots__ = ("_data", "_root", "profile")

    def __init__(self, root: Node | None, data: Any, profile: Profile) -> None:
        self._root = root
        self._data = data
        self.profile = profile
        """The trainer that the document is judged for."""

    def number(self, path: str) -> Found[float] | None:
        """A finite number. `1e-4` counts, though YAML 1.1 reads it as text: trainers read it."""
        found = self._find(path)
        if found is None or isinstance(found.value, bool):
            return None
        value = found.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            return None
        return Found(value, found.key, found.entry, found.span)

    def whole(self, path: str) -> Found[int] | None:
        """A whole number."""
        found = self._find(path)
        return found if found and type(found.value) is int else None

    def flag(self, path: str) -> Found[bool] | None:
        """True or false."""
        found = self._find(path)
        return found if found and isinstance(found.value, bool) else None

    def text(self, path: str) -> Found[str] | None:
        """Text."""
        found = self._find(path)
        return found if found and isinstance(found.value, str) else None

    def wholes(self, path: str) -> Found[list[int]] | None:
        """A list of whole numbers."""
        found = self._find(path)
        if found is None or not isinstance(found.value, list):
            return None
        return found if all(type(item) is int for item in found.value) else None

    def has(self, path: str) -> bool:
        """Whether a key is there, whatever its value."""
        return find(self._root, tuple(path.split("."))) is not None

    def add_after(
        self, found: Found[Any], line: str, *, title: str, preferred: bool = False
    ) -> Fix:
        """The fix that writes another `key: value` behind an entry, in the same section."""
        end = max(found.entry.key.end, found.span[1])
        return Fix(title, (Edit((end, end), self._separator(found.entry) + line),), preferred)

    def _separator(self, entry: Entry) -> str:
        for node in self._parents():
            if entry in node.entries:
                return ", " if node.flow else "\n" + " " * node.indent
        return "\n"

    def _parents(self) -> list[Mapping]:
        found: list[Mapping] = []
        waiting = [self._root]
        while waiting:
            node = resolve_alias(waiting.pop())
            if isinstance(node, Mapping) and node not in found:
                found.append(node)
                waiting.extend(entry.value for entry in node.entries)
        return found

    def _find(self, path: str) -> Found[Any] | None:
        value = self._data
        parts = tuple(path.split("."))
        for part in parts:
            if not isinstance(value, dict) or part not in value:
                return None
            value = value[part]  # pyright: ignore[reportUnknownVariableType]
        place = find(self._root, parts)
        if place is None or place.entry is None or place.node is None:
            return None
        return Found(value, parts[-1], place.entry, value_span(place))


def key_place(found: Found[Any]) -> Span:
    """The span of a found value's key."""
    return key_span(found.entry)


def whole_place(found: Found[Any]) -> Span:
    """The span from a found value's key to its end."""
    return key_span(found.entry)[0], value_span(Place(found.entry, found.entry.value))[1]
