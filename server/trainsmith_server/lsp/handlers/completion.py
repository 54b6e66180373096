"""Completions at the cursor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_completion(server: Server) -> None:
    """Answer `textDocument/completion`."""

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[":", " ", "/"])
    )
    def completion(params: lsp.CompletionParams) -> lsp.CompletionList | None:
        from trainsmith_server.features.completion import complete

        session = server.session
        analysis = session.part(params.text_document.uri, params.position.line)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        typed = params.context.trigger_character if params.context else None
        list_folder = partial(server.files.entries, analysis.uri)
        found = complete(analysis, offset, typed, list_folder)
        return convert.completion(found, analysis, session.encoding, server.accepted)
