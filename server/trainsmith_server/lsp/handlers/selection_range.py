"""The ranges of **Expand Selection**."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_selection_range(server: Server) -> None:
    """Answer `textDocument/selectionRange`."""

    @server.feature(lsp.TEXT_DOCUMENT_SELECTION_RANGE)
    def selection_range(params: lsp.SelectionRangeParams) -> list[lsp.SelectionRange] | None:
        from trainsmith_server.features.selection import selections

        session = server.session
        analysis = session.analysis(params.text_document.uri)
        if analysis is None or not analysis.documents:
            return None
        return [
            convert.selection(selections(analysis, offset), analysis, session.encoding)
            for position in params.positions
            for offset in [convert.to_offset(position, analysis.lines, session.encoding)]
        ]
