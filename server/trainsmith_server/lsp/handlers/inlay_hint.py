"""Inlay hints after values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_inlay_hint(server: Server) -> None:
    """Answer `textDocument/inlayHint`."""

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hint(params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
        from trainsmith_server.features.inlay_hints import inlay_hints

        session, files = server.session, server.files
        found: list[lsp.InlayHint] = []
        for part in session.parts(params.text_document.uri):
            span = convert.to_span(params.range, part.lines, session.encoding)
            if span[0] < span[1] and part.documents:
                whole = files.whole(part)
                hints = inlay_hints(whole, span, files.models(part), files.data(part))
                found += convert.inlay_hints(hints, part, session.encoding)
        return found
