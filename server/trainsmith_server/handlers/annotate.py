"""The handlers that write something beside the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server import convert

if TYPE_CHECKING:
    from trainsmith_server.app import Server


def annotate(server: Server) -> None:
    """Register the handlers."""
    session, files = server.session, server.files

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hint(params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
        from trainsmith_server.features.inlay_hints import inlay_hints

        analysis = session.analysis(params.text_document.uri)
        if analysis is None:
            return None
        span = convert.to_span(params.range, analysis.lines, session.encoding)
        hints = inlay_hints(analysis, span, files.models(analysis))
        return convert.inlay_hints(hints, analysis, session.encoding)
