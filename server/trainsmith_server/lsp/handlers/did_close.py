"""A document was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.publish import publish_when_idle

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_did_close(server: Server) -> None:
    """Handle `textDocument/didClose`."""

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.session.close(uri)
        if not server.pulls:
            server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        publish_when_idle(server, uri)  # Documents that name it use the file on disk again.
