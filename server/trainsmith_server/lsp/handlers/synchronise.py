"""The handlers that keep the texts in step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from trainsmith_server.lsp import convert

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def synchronise(server: Server) -> None:
    """Register the handlers."""
    session = server.session

    def look_at_folders() -> None:
        folders = (to_fs_path(uri) for uri in server.workspace.folders)
        server.files.folders = tuple(Path(folder) for folder in folders if folder)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(_params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        look_at_folders()
        server.publish_all()

    @server.feature(lsp.INITIALIZED)
    async def initialized(_params: lsp.InitializedParams) -> None:
        session.encoding = server.workspace.position_encoding  # pyright: ignore[reportAttributeAccessIssue]
        look_at_folders()
        if await server.configuration.ask():
            server.publish_all()
        await server.configuration.watch()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        session.encoding = server.workspace.position_encoding  # pyright: ignore[reportAttributeAccessIssue]
        session.open(document.uri, document.version, document.text)
        server.publish_around(document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        session.change(document.uri, document.version, convert.to_changes(params.content_changes))
        server.publish_around(document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        session.close(uri)
        server.files.forget(uri)
        if not server.pulls:
            server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        server.publish_around(uri)  # Those that name it see the file on the disk again.
