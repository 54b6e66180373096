"""A model file with a `model_path`: what the folder says of the model, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_server.document.bind import find, value_span
from trainsmith_server.document.diagnostics import Diagnostic
from trainsmith_server.document.result import Analysis, KnownDocument
from trainsmith_server.features.references import Reference

if TYPE_CHECKING:  # Few recipes start from such a folder, and the server keeps what it imports.
    from trainsmith_schemas.families.description import UnreadableModelError
    from trainsmith_schemas.families.pretrained import Merged

NOT_FOUND = "model-path-not-found"
UNREADABLE = "model-path-unreadable"


def with_folder(
    analysis: Analysis, named: Reference, found: TransformerConfig | UnreadableModelError
) -> Analysis:
    """The model file as its trainer reads it.

    Where the folder says nothing that can be read, nothing is known of the model either: a number
    that follows from a default would be wrong.

    Args:
        analysis: the model file.
        named: the folder's `config.json`.
        found: what stands in there.
    """
    if not isinstance(found, TransformerConfig):
        message = f"`model_path` names no model that is read here: {found}"
        diagnostic = Diagnostic(UNREADABLE, "error", message, named.span)
        return _changed(analysis, None, (diagnostic,))
    known = analysis.documents[0]
    if not isinstance(known.config, ModelDocument):
        return analysis
    from trainsmith_schemas.families.pretrained import merge

    merged = merge(known.config.transformer_config, found)
    diagnostics = tuple(_contradictions(known, merged))
    config = (
        None
        if diagnostics
        else known.config.model_copy(update={"transformer_config": merged.config})
    )
    return _changed(analysis, config, diagnostics)


def without_folder(analysis: Analysis, named: Reference, looked_in: Iterable[str]) -> Analysis:
    """The model file where its folder is not there, or where it is not known.

    Args:
        analysis: the model file.
        named: the folder's `config.json`.
        looked_in: where was looked for it; nowhere if nobody can tell where it is.
    """
    looked = " and ".join(f"`{folder}`" for folder in looked_in)
    message = f"`model_path` names no model: looked for `{named.written}` in {looked}"
    diagnostic = Diagnostic(NOT_FOUND, "warning", message, named.span)
    return _changed(analysis, None, (diagnostic,) if looked else ())


def _contradictions(known: KnownDocument, merged: Merged) -> Iterator[Diagnostic]:
    for one in merged.contradictions:
        entry = find(known.document.root, ("transformer_config", one.key))
        if entry:
            yield Diagnostic("contradiction", "error", one.message, value_span(entry))


def _changed(
    analysis: Analysis, config: ModelDocument | None, diagnostics: tuple[Diagnostic, ...]
) -> Analysis:
    first, *others = analysis.documents
    added = (
        replace(one, severity=severity)
        for one in diagnostics
        if (severity := analysis.severity(one.code, one.severity, one.span))
    )
    return replace(
        analysis,
        documents=(replace(first, config=config), *others),
        diagnostics=(*analysis.diagnostics, *added),
    )
