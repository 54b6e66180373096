"""The paths in a document, as written; the workspace resolves them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from trainsmith_schemas.paths import MOST_PATHS
from trainsmith_server.document.result import Analysis
from trainsmith_server.yaml.tree import Scalar, Sequence, Span
from trainsmith_server.yaml.values import is_null


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is a path."""

    key: str
    written: str
    """The path as written, without quotes."""
    kind: Literal["file", "folder"]
    span: Span
    """Its span, without quotes."""


def references(analysis: Analysis) -> Iterator[Reference]:
    """Every path in the documents of a text, in the order of the text.

    A list with more than `MOST_PATHS` is not valid, and has none.
    """
    for known in analysis.documents:
        for binding in known.bindings.entries:
            field, value = binding.field, binding.entry.value
            if field and field.path_to:
                nodes = [value]
                if isinstance(value, Sequence):
                    valid = len(value.items) <= MOST_PATHS
                    nodes = [one.value for one in value.items] if valid else []
                for node in nodes:
                    if isinstance(node, Scalar) and not is_null(node):
                        yield _reference(field.key, field.path_to, node)


def _reference(key: str, kind: Literal["file", "folder"], value: Scalar) -> Reference:
    quote = 1 if value.style in ("'", '"') else 0
    span = (value.start + quote, max(value.end - quote, value.start + quote))
    return Reference(key, value.text, kind, span)


def file_references(analysis: Analysis) -> Iterator[Reference]:
    """The paths of files."""
    return (one for one in references(analysis) if one.kind == "file")


def model_references(analysis: Analysis) -> Iterator[Reference]:
    """The paths of model files."""
    return (one for one in references(analysis) if one.key == "model_config")


def folder_reference(analysis: Analysis) -> Reference | None:
    """The `config.json` of the model that a model file starts from, by its `model_path`."""
    first = analysis.documents[0] if analysis.documents else None
    if first is None or first.kind.name != "model" or first.profile.name != "trainsmith":
        return None
    named = next((one for one in references(analysis) if one.key == "model_path"), None)
    if named is None or not named.written:
        return None
    # Few recipes start from such a folder, and the server keeps what it imports.
    from trainsmith_schemas.families.description import CONFIG_FILE

    return replace(named, written=f"{named.written.rstrip('/')}/{CONFIG_FILE}", kind="file")


def reference_at(analysis: Analysis, offset: int) -> Reference | None:
    """The path of a file at an offset."""
    folder = folder_reference(analysis)
    named = (*file_references(analysis), *((folder,) if folder else ()))
    return next((one for one in named if one.span[0] <= offset <= one.span[1]), None)
