"""The handlers that tell how a document is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def structure(server: Server) -> None:
    """Register the handlers."""
    session = server.session

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def document_symbol(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
        from trainsmith_server.features.symbols import symbols

        return [
            symbol
            for part in session.parts(params.text_document.uri)
            for symbol in convert.symbols(symbols(part), part, session.encoding)
        ]

    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding_range(params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange] | None:
        from trainsmith_server.features.folding import folds

        found = [folds(part) for part in session.parts(params.text_document.uri)]
        if all(one is None for one in found):
            return None
        return convert.folds(fold for one in found for fold in one or ())

    @server.feature(lsp.TEXT_DOCUMENT_SELECTION_RANGE)
    def selection_range(params: lsp.SelectionRangeParams) -> list[lsp.SelectionRange] | None:
        from trainsmith_server.features.selection import selections

        analysis = session.analysis(params.text_document.uri)
        if analysis is None or not analysis.documents:
            return None
        return [
            convert.selection(selections(analysis, offset), analysis, session.encoding)
            for position in params.positions
            for offset in [convert.to_offset(position, analysis.lines, session.encoding)]
        ]
