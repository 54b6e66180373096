"""A document was opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.publish import publish_when_idle

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_did_open(server: Server) -> None:
    """Handle `textDocument/didOpen`."""

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        server.session.encoding = server.encoding
        server.session.open(document.uri, document.version, document.text)
        publish_when_idle(server, document.uri)
