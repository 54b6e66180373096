"""Folders were added to the workspace, or removed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.publish import publish_all

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_did_change_workspace_folders(server: Server) -> None:
    """Handle `workspace/didChangeWorkspaceFolders`."""

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(_params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        server.read_folders()
        publish_all(server)
