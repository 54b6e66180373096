"""Converts plain data to LSP types, and LSP positions to offsets."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as lsp

from trainsmith_schemas.editor import names
from trainsmith_server.rule_pages import page_of
from trainsmith_server.workspace.open_documents import Change
from trainsmith_server.workspace.paths import uri_of

if TYPE_CHECKING:  # The schemas take a while to import, and `initialize` does not need them.
    from pydantic import BaseModel

    from trainsmith_server.document.diagnostics import Diagnostic, Edit, Source
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.features.code_actions import QuickFix
    from trainsmith_server.features.code_lens import Lens
    from trainsmith_server.features.completion import Candidate
    from trainsmith_server.features.folding import Fold
    from trainsmith_server.features.hover import Hover
    from trainsmith_server.features.inlay_hints import Hint
    from trainsmith_server.features.references import Reference
    from trainsmith_server.features.symbols import Symbol
    from trainsmith_server.yaml.lines import Encoding, LineIndex
    from trainsmith_server.yaml.tree import Span

SOURCE = "trainsmith"
FIX_ALL = "source.fixAll.trainsmith"

_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "information": lsp.DiagnosticSeverity.Information,
    "hint": lsp.DiagnosticSeverity.Hint,
}
_TAGS = {
    "unnecessary": lsp.DiagnosticTag.Unnecessary,
    "deprecated": lsp.DiagnosticTag.Deprecated,
}
_KINDS = {
    "key": lsp.CompletionItemKind.Property,
    "section": lsp.CompletionItemKind.Module,
    "value": lsp.CompletionItemKind.Value,
    "file": lsp.CompletionItemKind.File,
    "folder": lsp.CompletionItemKind.Folder,
    "template": lsp.CompletionItemKind.Snippet,
}
_SYMBOLS = {
    "section": lsp.SymbolKind.Module,
    "list": lsp.SymbolKind.Array,
    "key": lsp.SymbolKind.Property,
}


def as_json(answer: BaseModel) -> dict[str, Any]:
    """The answer to a request of our own. JSON has no NaN, at which an editor ends the server."""
    return _finite(answer.model_dump())


def _finite(value: Any) -> Any:
    """A value with null for every number that is not finite."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_finite(one) for one in cast("list[Any]", value)]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, slots=True)
class Shown:
    """The optional parts of a diagnostic that an editor can show."""

    page: bool = False
    """A link to the page that explains its code."""
    related: bool = False
    """Related places."""
    tags: Container[lsp.DiagnosticTag] = ()


def shown_by(capabilities: lsp.ClientCapabilities) -> Shown:
    """The parts that an editor can show, by its capabilities for push or pull diagnostics."""
    text = capabilities.text_document
    ways = [way for way in (text.publish_diagnostics, text.diagnostic) if way] if text else []
    return Shown(
        page=any(way.code_description_support for way in ways),
        related=any(way.related_information for way in ways),
        tags=[tag for way in ways if way.tag_support for tag in way.tag_support.value_set],
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an editor can do when a completion is accepted."""

    snippets: bool = False
    """Stop at places in the new text."""
    suggests_again: bool = False
    """Open the completions at the cursor."""


def accepted_by(capabilities: lsp.ClientCapabilities) -> Accepted:
    """What an editor can do, by its capabilities."""
    text = capabilities.text_document
    item = text.completion.completion_item if text and text.completion else None
    experimental: Any = capabilities.experimental
    match experimental:
        case {"commands": {"commands": [*commands]}}:
            suggests_again = names.SUGGEST_AGAIN in commands
        case _:
            suggests_again = False
    return Accepted(bool(item and item.snippet_support), suggests_again)


def to_changes(events: Iterable[lsp.TextDocumentContentChangeEvent]) -> list[Change]:
    """The changes of a notification."""
    return [
        Change(
            (
                (event.range.start.line, event.range.start.character),
                (event.range.end.line, event.range.end.character),
            )
            if isinstance(event, lsp.TextDocumentContentChangePartial)
            else None,
            event.text,
        )
        for event in events
    ]


def to_offset(position: lsp.Position, lines: LineIndex, encoding: Encoding) -> int:
    """The offset of a position."""
    return lines.offset(position.line, position.character, encoding)


def to_span(place: lsp.Range, lines: LineIndex, encoding: Encoding) -> Span:
    """The span of a range."""
    return to_offset(place.start, lines, encoding), to_offset(place.end, lines, encoding)


def to_range(span: Span, lines: LineIndex, encoding: Encoding) -> lsp.Range:
    """The range of a span."""
    start, end = (lsp.Position(*lines.position(offset, encoding)) for offset in span)
    return lsp.Range(start, end)


def diagnostics(
    diagnostics: Iterable[Diagnostic], analysis: Analysis, encoding: Encoding, shown: Shown
) -> list[lsp.Diagnostic]:
    """The diagnostics of a document, with the parts that the editor can show."""
    return [_diagnostic(diagnostic, analysis, encoding, shown) for diagnostic in diagnostics]


def _diagnostic(
    diagnostic: Diagnostic, analysis: Analysis, encoding: Encoding, shown: Shown
) -> lsp.Diagnostic:
    page = page_of(diagnostic.code) if shown.page else None
    related = diagnostic.related if shown.related else ()
    return lsp.Diagnostic(
        range=to_range(diagnostic.span, analysis.lines, encoding),
        message=diagnostic.message,
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.code,
        code_description=lsp.CodeDescription(page) if page else None,
        source=SOURCE,
        tags=[_TAGS[tag] for tag in diagnostic.tags if _TAGS[tag] in shown.tags] or None,
        related_information=[
            lsp.DiagnosticRelatedInformation(
                _location(other.span, other.source or analysis.source, encoding), other.message
            )
            for other in related
        ]
        or None,
    )


def _location(span: Span, source: Source, encoding: Encoding) -> lsp.Location:
    return lsp.Location(source.uri, to_range(span, source.lines, encoding))


def hover(found: Hover, analysis: Analysis, encoding: Encoding) -> lsp.Hover:
    """A hover, as Markdown."""
    return lsp.Hover(
        contents=lsp.MarkupContent(lsp.MarkupKind.Markdown, found.markdown),
        range=to_range(found.span, analysis.lines, encoding),
    )


def completion(
    candidates: Iterable[Candidate], analysis: Analysis, encoding: Encoding, accepted: Accepted
) -> lsp.CompletionList:
    """Candidates in their own order; editors would sort them alphabetically."""
    again = lsp.Command("Suggest what follows", names.SUGGEST_AGAIN)
    return lsp.CompletionList(
        is_incomplete=False,
        items=[
            lsp.CompletionItem(
                label=one.label,
                kind=_KINDS[one.kind],
                detail=one.detail or None,
                documentation=lsp.MarkupContent(lsp.MarkupKind.Markdown, one.documentation)
                if one.documentation
                else None,
                sort_text=f"{index:03}",
                filter_text=one.label,
                insert_text_format=lsp.InsertTextFormat.Snippet
                if one.snippet and accepted.snippets
                else lsp.InsertTextFormat.PlainText,
                # The candidate includes its indentation.
                insert_text_mode=lsp.InsertTextMode.AsIs,
                text_edit=_text_edit(
                    replace(one.edit, new_text=one.snippet)
                    if one.snippet and accepted.snippets
                    else one.edit,
                    analysis,
                    encoding,
                ),
                command=again if one.continues and accepted.suggests_again else None,
            )
            for index, one in enumerate(candidates)
        ],
    )


def quick_fix(
    found: QuickFix, analysis: Analysis, encoding: Encoding, shown: Shown
) -> lsp.CodeAction:
    """A quick fix with its diagnostic."""
    return lsp.CodeAction(
        title=found.fix.title,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[_diagnostic(found.diagnostic, analysis, encoding, shown)],
        is_preferred=found.fix.preferred or None,
        edit=edit_of(found.fix.edits, analysis, encoding),
    )


def fix_all(edits: tuple[Edit, ...], analysis: Analysis, encoding: Encoding) -> lsp.CodeAction:
    """The action that applies every safe fix."""
    return lsp.CodeAction(
        title="Fix all problems that Trainsmith can fix safely",
        kind=FIX_ALL,
        edit=edit_of(edits, analysis, encoding),
    )


def workspace_edit(
    changes: Iterable[tuple[Analysis, Edit]], encoding: Encoding
) -> lsp.WorkspaceEdit:
    """One edit in each of several files."""
    return lsp.WorkspaceEdit(
        changes={one.uri: [_text_edit(edit, one, encoding)] for one, edit in changes}
    )


def edit_of(edits: Iterable[Edit], analysis: Analysis, encoding: Encoding) -> lsp.WorkspaceEdit:
    """The edits of one file."""
    return lsp.WorkspaceEdit(
        changes={analysis.uri: [_text_edit(edit, analysis, encoding) for edit in edits]}
    )


def _text_edit(edit: Edit, analysis: Analysis, encoding: Encoding) -> lsp.TextEdit:
    return lsp.TextEdit(to_range(edit.span, analysis.lines, encoding), edit.new_text)


def symbols(
    found: Iterable[Symbol], analysis: Analysis, encoding: Encoding
) -> list[lsp.DocumentSymbol]:
    """The outline of a document."""
    return [
        lsp.DocumentSymbol(
            name=one.name,
            detail=one.detail or None,
            kind=_SYMBOLS[one.kind],
            range=to_range(one.span, analysis.lines, encoding),
            selection_range=to_range(one.name_span, analysis.lines, encoding),
            children=symbols(one.children, analysis, encoding),
        )
        for one in found
    ]


def folds(found: Iterable[Fold]) -> list[lsp.FoldingRange]:
    """Folds, as whole lines. Regions get no kind, since that is for `#region` markers."""
    return [
        lsp.FoldingRange(
            one.first,
            one.last,
            kind=lsp.FoldingRangeKind.Comment if one.kind == "comment" else None,
        )
        for one in found
    ]


def selection(spans: Iterable[Span], analysis: Analysis, encoding: Encoding) -> lsp.SelectionRange:
    """Spans from the innermost to the outermost, linked."""
    parent: lsp.SelectionRange | None = None
    for span in reversed(tuple(spans)):
        parent = lsp.SelectionRange(to_range(span, analysis.lines, encoding), parent)
    assert parent is not None
    return parent


def inlay_hints(
    hints: Iterable[Hint], analysis: Analysis, encoding: Encoding
) -> list[lsp.InlayHint]:
    """Hints after values, with padding."""
    return [
        lsp.InlayHint(
            position=lsp.Position(*analysis.lines.position(hint.offset, encoding)),
            label=hint.text,
            tooltip=lsp.MarkupContent(lsp.MarkupKind.Markdown, hint.tooltip),
            padding_left=True,
        )
        for hint in hints
    ]


def code_lenses(
    lenses: Iterable[Lens], analysis: Analysis, encoding: Encoding
) -> list[lsp.CodeLens]:
    """Commands above lines, with the document as their argument."""
    return [
        lsp.CodeLens(
            range=to_range(lens.span, analysis.lines, encoding),
            command=lsp.Command(
                title=lens.title,
                command=lens.command.id,
                arguments=[analysis.uri, *lens.arguments],
            ),
        )
        for lens in lenses
    ]


def document_link(
    reference: Reference, path: Path, analysis: Analysis, encoding: Encoding
) -> lsp.DocumentLink:
    """A link from a path to its file. It has no tooltip: VS Code writes one as Markdown."""
    return lsp.DocumentLink(
        range=to_range(reference.span, analysis.lines, encoding), target=uri_of(path)
    )


_MARKUP = re.compile(r"[\\\[\]()<>!`\"'*&|]|command:", re.IGNORECASE)


def may_be_link(path: Path) -> bool:
    """Whether a path is safe in a link: VS Code puts its target into trusted Markdown."""
    return not _MARKUP.search(path.as_posix())


def top_of(path: Path) -> lsp.Location:
    """The start of a file."""
    start = lsp.Position(0, 0)
    return lsp.Location(uri_of(path), lsp.Range(start, start))


def result_id(items: Sequence[lsp.Diagnostic]) -> str:
    """An identifier for diagnostics; equal diagnostics have equal ones while the server runs."""
    return f"{hash(tuple(_content(item) for item in items)):x}"


def _content(item: lsp.Diagnostic) -> tuple[object, ...]:
    related = (
        (one.location.uri, _numbers(one.location.range), one.message)
        for one in item.related_information or ()
    )
    return (_numbers(item.range), item.severity, item.code, item.message, *related)


def _numbers(place: lsp.Range) -> tuple[int, int, int, int]:
    return place.start.line, place.start.character, place.end.line, place.end.character
