"""Links from paths to the files that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_document_link(server: Server) -> None:
    """Answer `textDocument/documentLink`."""

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_LINK)
    def document_link(params: lsp.DocumentLinkParams) -> list[lsp.DocumentLink]:
        from trainsmith_server.features.references import file_references

        session, files = server.session, server.files
        return [
            convert.document_link(reference, path, part, session.encoding)
            for part in session.parts(params.text_document.uri)
            for reference in file_references(part)
            if (path := files.find(part.uri, reference.written, part.trainer))
            and convert.may_be_link(path)
        ]
