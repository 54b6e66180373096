"""Renames a file, and the paths that name it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from trainsmith_schemas.paths import is_file_name
from trainsmith_server.lsp import convert
from trainsmith_server.lsp.mentions import edits_for_move, mention_at
from trainsmith_server.workspace.paths import uri_of

if TYPE_CHECKING:
    from trainsmith_server.lsp.server import Server


def register_rename(server: Server) -> None:
    """Answer `textDocument/prepareRename` and `textDocument/rename`."""

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        found = mention_at(server, params.text_document.uri, params.position)
        if found is None or not found.reference.written.endswith(found.path.name):
            return None
        end = found.reference.span[1]
        span = (end - len(found.path.name), end)
        place = convert.to_range(span, found.part.lines, server.session.encoding)
        return lsp.PrepareRenamePlaceholder(place, found.path.name)

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def rename_file(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        found = mention_at(server, params.text_document.uri, params.position)
        if found is None:
            return None
        if not is_file_name(params.new_name):
            raise JsonRpcInvalidParams(f"`{params.new_name}` is not a file name")
        new = found.path.with_name(params.new_name)
        if new.exists():
            raise JsonRpcInvalidParams(f"{new} already exists")
        edits = edits_for_move(server, found.path, new)
        if not any(edit.text_document.uri == found.part.uri for edit in edits):
            raise JsonRpcInvalidParams(f"`{new.name}` can't be written without quotes")
        operation = lsp.RenameFile(uri_of(found.path), uri_of(new))
        return lsp.WorkspaceEdit(document_changes=[*edits, operation])
