"""Model files with a `model_path`: merging the folder's config, and problems with it."""

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
    """The model file merged with the config in its folder, as the trainer reads it.

    If the folder's config can't be read, the result has no config: numbers that follow from
    defaults would be wrong.

    Args:
        analysis: the model file.
        named: the folder's `config.json`.
        found: the content of that file, or why it can't be read.
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
    """The model file without a config, since its folder does not exist or is not known.

    Args:
        analysis: the model file.
        named: the folder's `config.json`.
        looked_in: the folders that were searched for it; empty if its location can't be determined.
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
