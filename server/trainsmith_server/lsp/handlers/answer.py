"""The handlers behind what an editor offers at a place: hover, completion, quick fixes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.lsp.handlers.edit import SORT, document_actions

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def answer(server: Server) -> None:
    """Register the handlers."""
    session = server.session

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        from trainsmith_server.features.hover import hover

        analysis = session.part(params.text_document.uri, params.position.line)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        files, whole = server.files, server.files.whole(analysis)
        found = hover(whole, offset, files.models(analysis), files.data(analysis))
        return convert.hover(found, analysis, session.encoding) if found else None

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[":", " ", "/"])
    )
    def completion(params: lsp.CompletionParams) -> lsp.CompletionList | None:
        from trainsmith_server.features.completion import complete

        analysis = session.part(params.text_document.uri, params.position.line)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        typed = params.context.trigger_character if params.context else None
        list_folder = partial(server.files.entries, analysis.uri)
        found = complete(analysis, offset, typed, list_folder)
        return convert.completion(found, analysis, session.encoding)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(
            code_action_kinds=[
                lsp.CodeActionKind.QuickFix,
                lsp.CodeActionKind.Refactor,
                convert.FIX_ALL,
                SORT,
            ]
        ),
    )
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        from trainsmith_server.features.code_actions import fix_all, quick_fixes

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return []
        actions: list[lsp.CodeAction] = []
        if _wants(params.context, lsp.CodeActionKind.QuickFix):
            span = convert.to_span(params.range, analysis.lines, session.encoding)
            actions += [
                convert.quick_fix(found, analysis, session.encoding, server.shown)
                for found in quick_fixes(analysis, span)
            ]
        if _wants(params.context, convert.FIX_ALL) and (edits := fix_all(analysis)):
            actions.append(convert.fix_all(edits, analysis, session.encoding))
        actions += [
            action
            for action in document_actions(analysis, params, session.encoding)
            if action.kind and _wants(params.context, action.kind)
        ]
        return actions


def _wants(context: lsp.CodeActionContext, kind: str) -> bool:
    """Whether the editor asks for a kind of action, itself or by a kind above it."""
    return not context.only or any(
        kind == only or kind.startswith(f"{only}.") for only in context.only
    )
