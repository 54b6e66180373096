"""The documentation of the key or value at the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_hover(server: Server) -> None:
    """Answer `textDocument/hover`."""

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        from trainsmith_server.features.hover import hover

        session, files = server.session, server.files
        analysis = session.part(params.text_document.uri, params.position.line)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        whole = files.whole(analysis)
        found = hover(whole, offset, files.models(analysis), files.data(analysis))
        return convert.hover(found, analysis, session.encoding) if found else None
