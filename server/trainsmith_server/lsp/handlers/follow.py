"""The handlers that lead to the files that a document names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert
from trainsmith_server.workspace.references import trainer_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def follow(server: Server) -> None:
    """Register the handlers."""
    session, files = server.session, server.files

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_LINK)
    def document_link(params: lsp.DocumentLinkParams) -> list[lsp.DocumentLink]:
        from trainsmith_server.features.references import file_references

        return [
            convert.document_link(reference, path, part, session.encoding)
            for part in session.parts(params.text_document.uri)
            for reference in file_references(part)
            if (path := files.find(part.uri, reference.written, trainer_of(part)))
        ]

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        from trainsmith_server.features.references import reference_at

        analysis = session.part(params.text_document.uri, params.position.line)
        if analysis is None:
            return None
        offset = convert.to_offset(params.position, analysis.lines, session.encoding)
        reference = reference_at(analysis, offset)
        if reference is None:
            return None
        path = files.find(analysis.uri, reference.written, trainer_of(analysis))
        return convert.top_of(path) if path else None
