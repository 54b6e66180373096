"""Quick fixes, fix all, and the edits of whole documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_schemas.editor import names
from trainsmith_server.lsp import convert
from trainsmith_server.workspace.paths import next_free_version, path_of

if TYPE_CHECKING:
    from trainsmith_server.document.result import Analysis
    from trainsmith_server.lsp.server import Server
    from trainsmith_server.yaml.lines import Encoding


_KINDS = {
    "sort": names.CODE_ACTION_KINDS["sort"],
    "convert": names.CODE_ACTION_KINDS["convert"],
    "section": names.CODE_ACTION_KINDS["addSection"],
}
"""The protocol's kinds, by the kind of an offer."""


def register_code_action(server: Server) -> None:
    """Answer `textDocument/codeAction`."""

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(
            code_action_kinds=[
                lsp.CodeActionKind.QuickFix,
                lsp.CodeActionKind.Refactor,
                convert.FIX_ALL,
                _KINDS["sort"],
            ]
        ),
    )
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        from trainsmith_server.features.code_actions import fix_all, quick_fixes
        from trainsmith_server.features.diagnostics import diagnostics

        encoding = server.session.encoding
        analysis = server.session.analysis(params.text_document.uri)
        if analysis is None:
            return []
        actions: list[lsp.CodeAction] = []
        if _is_wanted(lsp.CodeActionKind.QuickFix, params.context):
            span = convert.to_span(params.range, analysis.lines, encoding)
            complete = replace(analysis, diagnostics=diagnostics(analysis, server.files))
            actions += [
                convert.quick_fix(found, analysis, encoding, server.shown)
                for found in quick_fixes(complete, span)
            ]
        if _is_wanted(convert.FIX_ALL, params.context) and (edits := fix_all(analysis)):
            actions.append(convert.fix_all(edits, analysis, encoding))
        # Editors also request actions when the cursor moves; these are for explicit requests only.
        if params.context.trigger_kind != lsp.CodeActionTriggerKind.Automatic:
            actions += [
                action
                for action in _document_actions(analysis, params, encoding)
                if action.kind and _is_wanted(action.kind, params.context)
            ]
        return actions


def _is_wanted(kind: str, context: lsp.CodeActionContext) -> bool:
    """Whether the editor requests a kind of action, directly or by a parent kind."""
    return not context.only or any(
        kind == only or kind.startswith(f"{only}.") for only in context.only
    )


def _document_actions(
    analysis: Analysis, params: lsp.CodeActionParams, encoding: Encoding
) -> Iterator[lsp.CodeAction]:
    """The command that creates the next version, and the edits of the whole document."""
    from trainsmith_server.features.edits.offers import offers

    path = path_of(analysis.uri)
    if path is not None and analysis.kind and analysis.kind.name == "training":
        title = f"Save as {next_free_version(path).name}"
        command = lsp.Command(title, names.CREATE_NEXT_VERSION, arguments=[analysis.uri])
        yield lsp.CodeAction(title, lsp.CodeActionKind.Refactor, command=command)
    offset = convert.to_offset(params.range.start, analysis.lines, encoding)
    for offer in offers(analysis, offset):
        edit = convert.edit_of(offer.edits, analysis, encoding)
        yield lsp.CodeAction(offer.title, _KINDS[offer.kind], edit=edit)
