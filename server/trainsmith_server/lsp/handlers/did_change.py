"""A document has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.lsp.publish import publish_when_idle

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_did_change(server: Server) -> None:
    """Handle `textDocument/didChange`."""

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        document, changes = params.text_document, convert.to_changes(params.content_changes)
        server.session.change(document.uri, document.version, changes)
        publish_when_idle(server, document.uri)
