"""The outline of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_document_symbol(server: Server) -> None:
    """Answer `textDocument/documentSymbol`."""

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def document_symbol(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        from trainsmith_server.features.symbols import symbols

        session = server.session
        return [
            symbol
            for part in session.parts(params.text_document.uri)
            for symbol in convert.symbols(symbols(part), part, session.encoding)
        ]
