"""Go to the file that a path names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_definition(server: Server) -> None:
    """Answer `textDocument/definition`."""

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        from trainsmith_server.features.references import reference_at

        session = server.session
        analysis = session.part(params.text_document.uri, params.position.line)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        reference = reference_at(analysis, offset)
        if reference is None:
            return None
        path = server.files.find(analysis.uri, reference.written, analysis.trainer)
        return convert.top_of(path) if path else None
