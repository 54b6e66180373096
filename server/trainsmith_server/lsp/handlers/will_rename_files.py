"""Updates the paths of files that are about to be moved or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from trainsmith_server.lsp.mentions import edits_for_move
from trainsmith_server.workspace.paths import path_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


_ALL_FILES = lsp.FileOperationRegistrationOptions(
    [lsp.FileOperationFilter(lsp.FileOperationPattern("**/*"), scheme="file")]
)


def register_will_rename_files(server: Server) -> None:
    """Answer `workspace/willRenameFiles`."""

    @server.feature(lsp.WORKSPACE_WILL_RENAME_FILES, _ALL_FILES)
    def will_rename_files(params: lsp.RenameFilesParams) -> lsp.WorkspaceEdit | None:
        edits = [
            edit
            for file in params.files
            for old, new in [(path_of(file.old_uri), path_of(file.new_uri))]
            if old and new
            for edit in edits_for_move(server, old, new)
        ]
        return lsp.WorkspaceEdit(document_changes=edits) if edits else None
