"""A value and the place in the text where it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from trainsmith_server.document.diagnostics import Edit, Fix, Related
from trainsmith_server.yaml.tree import Entry, Span

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Found(Generic[_T]):
    """A value that the text contains."""

    value: _T
    key: str
    entry: Entry
    span: Span
    """The span of the value."""

    def set_to(self, new_text: str, *, title: str = "", preferred: bool = False) -> Fix:
        """The fix that writes another value here; `new_text` is YAML."""
        title = title or f"Set `{self.key}` to {new_text}"
        return Fix(title, (Edit(self.span, new_text),), preferred)

    def rename(self, new_key: str) -> Fix:
        """The fix that writes another key before the same value."""
        edit = Edit((self.entry.key.start, self.entry.key.end), new_key)
        return Fix(f"Rename to `{new_key}`", (edit,), preferred=True)

    def related(self, message: str) -> Related:
        """Refer to this value in a diagnostic elsewhere."""
        return Related(self.span, message)
